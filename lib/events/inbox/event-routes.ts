import { topicOf } from "#lib/contract/contract.ts";
import { eventContracts } from "#lib/contract/contract-registry.ts";
import type { EventContract, EventName } from "#lib/contract/types.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { EventEnvelope } from "../envelope.ts";
import { schemaIncompatibility } from "./schema-compatibility.ts";
import { splitIntoBatches } from "./split-into-batches.ts";

/** What a consumer gets besides the context of its service. */
export interface ConsumerScope {
  /** The transaction that also records the events in the inbox. */
  tx: Transaction;
  /** Number of this attempt to apply these events, from 1. Counted on this node, since the last delivery. */
  attempt: number;
}

/** Applies events of one type, in their order, one at a time or many at once. */
export interface EventConsumer<Context> {
  /** `orders.OrderCreated` */
  event: EventName;
  apply(ctx: Context & ConsumerScope, events: readonly EventEnvelope<never>[]): Promise<void>;
  /** Which events of the type have an effect; all, unless stated. The others are neither applied nor recorded. */
  where?: EventCondition | undefined;
  /** Nothing depends on its effect soon: the event is applied with the next one that cannot wait. */
  canWait?: boolean | undefined;
}

/**
 * Values that fields of an event's data may have, or may not have; an event with any other value does not fulfil the
 * condition. An absent field has the value null.
 */
export type EventCondition = Readonly<Record<string, readonly unknown[] | { readonly not: readonly unknown[] }>>;

export function fulfils(data: unknown, condition: EventCondition = {}): boolean {
  return Object.entries(condition).every(([field, values]) => {
    const value = (data as Readonly<Record<string, unknown>>)[field] ?? null;
    return "not" in values ? !values.not.includes(value) : values.includes(value);
  });
}

/** Topic and type by which an event is known, of its name such as `orders.OrderCreated`. */
export function addressOf(event: string): { topic: string; eventType: string } {
  const [service, eventType] = event.split(".") as [string, string];
  return { topic: topicOf(service), eventType };
}

/** Finds the consumers of events, and applies events by them. */
export class EventRoutes<Context> {
  /** Event types by topic. */
  readonly topics: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #consumers: ReadonlyMap<string, readonly EventConsumer<Context>[]>;
  readonly #contracts: ReadonlyMap<string, EventContract>;

  /** @throws Error when no contract declares an event that a consumer names */
  constructor(consumers: readonly EventConsumer<Context>[]) {
    this.topics = topicsOf(consumers);
    this.#consumers = Map.groupBy(consumers, ({ event }) => keyOf(addressOf(event)));
    this.#contracts = eventContracts(consumers.map(({ event }) => event));
  }

  /** Why an event cannot be read here; undefined when it can. */
  incompatibility(event: EventEnvelope): string | undefined {
    const [consumer] = this.#consumersOf(event);
    const contract = consumer && this.#contracts.get(consumer.event);
    return contract && schemaIncompatibility(contract, event);
  }

  /** Whether an event has an effect. One that cannot be read has: it becomes a dead letter. */
  concerns(event: EventEnvelope): boolean {
    const consumers = this.#consumersOf(event);
    if (consumers.some(({ where }) => !where) || this.incompatibility(event) !== undefined) return true;
    return consumers.some(({ where }) => fulfils(event.data, where));
  }

  canWait(event: EventEnvelope): boolean {
    return this.#consumersOf(event).every(({ canWait }) => canWait);
  }

  /** Hands events to their consumers, in batches as large as the order of the events of each key permits. */
  async apply(ctx: Context & ConsumerScope, events: readonly EventEnvelope[]): Promise<void> {
    const routed = events.map((event) => {
      const consumers = this.#consumersOf(event);
      // Events of different types go into one batch when the same single function applies them.
      return { type: consumers.length === 1 ? consumers[0]?.apply : event.eventType, key: event.key, event, consumers };
    });
    for (const { events: batch } of splitIntoBatches(routed)) {
      for (const [i, consumer] of batch[0]?.consumers.entries() ?? []) {
        // Each event has conditions of its own, also where one function applies several types.
        const concerned = batch.filter(({ event, consumers }) => fulfils(event.data, consumers[i]?.where));
        const concerning = concerned.map(({ event }) => event as EventEnvelope<never>);
        if (concerning.length > 0) await consumer.apply(ctx, concerning);
      }
    }
  }

  #consumersOf(event: EventEnvelope): readonly EventConsumer<Context>[] {
    return this.#consumers.get(keyOf(event)) ?? [];
  }
}

function keyOf({ topic, eventType }: { topic: string; eventType: string }): string {
  return `${topic}/${eventType}`;
}

function topicsOf(consumers: readonly { event: string }[]): Map<string, Set<string>> {
  const topics = new Map<string, Set<string>>();
  for (const { event } of consumers) {
    const { topic, eventType } = addressOf(event);
    topics.set(topic, (topics.get(topic) ?? new Set()).add(eventType));
  }
  return topics;
}

import { limits } from "#config/limits.ts";
import { topicOf } from "#lib/contract/contract.ts";
import { eventContracts } from "#lib/contract/contract-registry.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { EventContract } from "#lib/contract/types.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { type Failed, noteFailure, putAside, takeLetter } from "#lib/events/inbox/dead-letters.ts";
import { GroupQueue } from "#lib/events/inbox/group-queue.ts";
import { holdPosition, type Position, positionOf } from "#lib/events/inbox/rewind.ts";
import { schemaIncompatibility } from "#lib/events/inbox/schema-compatibility.ts";
import { segments } from "#lib/events/inbox/segments.ts";
import type { Group } from "#lib/events/transport/transport.ts";
import { failPoints, type Scope } from "#lib/fault-injection/fail-points.ts";
import type { Database } from "#lib/sql/database.ts";
import { isBusy } from "#lib/sql/sql-state.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ConsumerSpans } from "./consumer-spans.ts";
import type { Consumer } from "./consumers.ts";
import type { ServiceContext } from "./context.ts";

/** What is counted of a group's work. */
export type GroupCount = "redelivered" | "retried" | "dead_lettered";

export interface GroupOptions<Deps> {
  name: string;
  consumers: readonly Consumer<Deps>[];
  db: Database;
  context: () => ServiceContext<Deps>;
  count: (what: GroupCount, events: number) => void;
  /** A span for each event, where tracing is on. */
  spans?: ConsumerSpans | undefined;
}

/** Makes the consumer group of a service; it has its locks from the backbone. */
export async function consumerGroup<Deps>(options: GroupOptions<Deps>): Promise<ConsumerGroup<Deps>> {
  const { name, db, consumers } = options;
  const contracts = eventContracts(consumers.map(({ event }) => event));
  return new ConsumerGroup(options, contracts, await positionOf(db, name));
}

/**
 * The consumer group of one service. Events are applied, and remembered in the inbox, in one transaction: seen twice,
 * applied once. One that nobody here can understand is put aside in the same transaction, at once: no further attempt
 * could read it better, and those around it do not notice.
 */
export class ConsumerGroup<Deps = unknown> implements Omit<Group, "locks"> {
  readonly name: string;
  readonly topics: Map<string, Set<string>>;
  readonly queue: GroupQueue;
  position: Position;
  readonly #options: GroupOptions<Deps>;
  readonly #contracts: ReadonlyMap<string, EventContract>;
  readonly #byType: ReadonlyMap<string, readonly Consumer<Deps>[]>;
  readonly #ctx: ServiceContext<Deps>;

  constructor(options: GroupOptions<Deps>, contracts: ReadonlyMap<string, EventContract>, position: Position) {
    const { name, consumers } = options;
    this.name = name;
    this.topics = topicsOf(consumers);
    this.position = position;
    this.#options = options;
    this.#contracts = contracts;
    this.#byType = Map.groupBy(consumers, typeOf);
    this.#ctx = options.context();
    const armed = failPoints;
    this.queue = new GroupQueue({
      isOutage,
      isBusy,
      apply: (events, attempt, lockTimeoutMs) => this.#apply(events, attempt, lockTimeoutMs),
      ...(armed ? { reach: async (boundary, events) => armed.reach(boundary, scopeOf(name, events)) } : {}),
      deadLetter: (event, error, attempts) => this.#deadLetter({ event, error, attempts }),
      onError: (event, error, attempt) => this.#say(event, error, attempt),
    });
  }

  readPosition(): Promise<Position> {
    return positionOf(this.#options.db, this.name);
  }

  /**
   * Applies a dead letter at last, and removes it, in one transaction.
   * @returns whether there was one
   * @throws what its consumers throw; it stays, with the new error
   */
  async retry(eventId: string): Promise<boolean> {
    const { db } = this.#options;
    try {
      return await db.transaction(this.#ctx.cause, async (tx) => {
        const letter = await takeLetter(tx, this.name, eventId);
        if (!letter) return false;
        const { event, attempts } = letter;
        const reason = this.#unfit(event);
        if (reason !== undefined) throw new Error(reason);
        tx.write("UPDATE inbox SET applied_at = now() WHERE consumer_group = $1 AND event_id = $2", [
          this.name,
          eventId,
        ]);
        await this.#hand(tx, [event], attempts + 1);
        return true;
      });
    } catch (error) {
      if (!isOutage(error)) await noteFailure(db, this.name, eventId, error);
      throw error;
    }
  }

  #apply(events: readonly EventEnvelope[], attempt: number, lockTimeoutMs: number): Promise<void> {
    const { db, count } = this.#options;
    const armed = failPoints;
    const scope = armed && scopeOf(this.name, events);
    return db.consume(
      this.#ctx.cause,
      lockTimeoutMs,
      async (tx) => {
        if (scope) await armed.reach("before-inbox", scope);
        const fresh = await claimInInbox(tx, this, events);
        if (scope) await armed.reach("after-inbox", scope);
        const unfits = fresh.flatMap((event) => {
          const error = this.#unfit(event);
          return error === undefined ? [] : [{ event, error, attempts: attempt }];
        });
        if (unfits.length > 0) await putAside(tx, this.name, unfits);
        const unfit = new Set(unfits.map(({ event }) => event));
        await this.#hand(
          tx,
          fresh.filter((event) => !unfit.has(event)),
          attempt,
        );
        tx.afterCommit(() => {
          for (const failed of unfits) this.#died(failed);
          if (fresh.length < events.length) count("redelivered", events.length - fresh.length);
        });
      },
      scope,
    );
  }

  async #deadLetter(failed: Failed): Promise<void> {
    const deadLettered = await this.#options.db.consume(this.#ctx.cause, limits.EVENT_LOCK_TIMEOUT_MS, async (tx) => {
      const [fresh] = await claimInInbox(tx, this, [failed.event]);
      if (fresh) await putAside(tx, this.name, [failed]);
      return fresh !== undefined; // another node, at the moment of hand-over, could apply it
    });
    if (deadLettered) this.#died(failed);
  }

  async #hand(tx: Transaction, events: readonly EventEnvelope[], attempt: number): Promise<void> {
    const traced = this.#options.spans?.(events);
    if (!traced) return this.#handAll(tx, events, attempt);
    try {
      await this.#handAll(tx, traced.events, attempt);
      traced.finish();
    } catch (error) {
      traced.finish(error);
      throw error;
    }
  }

  /** Hands events to their consumers, many at once where those take them so. */
  async #handAll(tx: Transaction, events: readonly EventEnvelope[], attempt: number): Promise<void> {
    const lanes = events.map((event) => {
      const hearing = this.#hearing(event);
      return { type: hearing.length === 1 ? hearing[0]?.apply : event.eventType, key: event.key, event, hearing };
    });
    for (const segment of segments(lanes)) {
      const events = segment.events.map(({ event }) => event as EventEnvelope<never>);
      for (const consumer of segment.events[0]?.hearing ?? [])
        await consumer.apply({ ...this.#ctx, tx, attempt }, events);
    }
  }

  #hearing({ topic, eventType }: EventEnvelope): readonly Consumer<Deps>[] {
    return this.#byType.get(`${topic}/${eventType}`) ?? [];
  }

  #unfit(event: EventEnvelope): string | undefined {
    const [consumer] = this.#hearing(event);
    const contract = consumer && this.#contracts.get(consumer.event);
    return contract && schemaIncompatibility(contract, event);
  }

  #died({ event, error, attempts }: Failed): void {
    this.#options.count("dead_lettered", 1);
    const { eventId, eventType: type } = event;
    this.#ctx.log.error("An event is dead-lettered.", { event: eventId, type, attempts, reason: String(error) });
  }

  #say(event: EventEnvelope | undefined, error: unknown, attempt: number): void {
    if (event) this.#options.count("retried", 1);
    this.#ctx.log.warn(event ? "An event failed; it is tried again." : "Events wait for an outage to end.", {
      event: event?.eventId,
      type: event?.eventType,
      attempt,
      reason: String(error),
    });
  }
}

/** Whose fail points a batch of events reaches. */
function scopeOf(group: string, events: readonly EventEnvelope[]): Scope {
  return new Set(events.map(({ eventType }) => `${group}.${eventType}`));
}

/**
 * Remembers events as applied.
 * @returns those that were not applied before, in their order
 * @throws Error when the group was rewound after they were delivered: they come again, in their place
 */
async function claimInInbox(
  tx: Transaction,
  { name, position }: Pick<Group, "name" | "position">,
  events: readonly EventEnvelope[],
): Promise<EventEnvelope[]> {
  holdPosition(tx, name, "shared"); // by a statement of its own: the next one sees what was committed while it waited
  const [claim] = await tx.query<{ generation: number; fresh: string[] }>(
    `WITH position AS (
       SELECT coalesce((SELECT generation FROM rewind WHERE consumer_group = $1), 0) AS generation
     ), claimed AS (
       INSERT INTO inbox (consumer_group, event_id) SELECT $1, unnest($2::text[])
       ON CONFLICT DO NOTHING RETURNING event_id
     ) SELECT generation, ARRAY(SELECT event_id FROM claimed) AS fresh FROM position`,
    [name, events.map(({ eventId }) => eventId)],
  );
  if (claim?.generation !== position.generation) throw new DomainError("SERVICE_UNAVAILABLE", "The group was rewound.");
  const fresh = new Set(claim.fresh);
  return events.filter(({ eventId }) => fresh.delete(eventId));
}

function typeOf({ event }: { event: string }): string {
  const [service, type] = event.split(".") as [string, string];
  return `${topicOf(service)}/${type}`;
}

function topicsOf(consumers: readonly { event: string }[]): Map<string, Set<string>> {
  const topics = new Map<string, Set<string>>();
  for (const { event } of consumers) {
    const [service, type] = event.split(".") as [string, string];
    const topic = topicOf(service);
    topics.set(topic, (topics.get(topic) ?? new Set()).add(type));
  }
  return topics;
}

import type { EventData, EventName } from "#lib/contract/types.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { causedBy } from "#lib/events/envelope.ts";
import {
  addressOf,
  type ConsumerScope,
  type EventCondition,
  type EventConsumer,
} from "#lib/events/inbox/event-routes.ts";
import { noteFailedEvent } from "#lib/events/inbox/failed-event.ts";
import type { ServiceContext } from "./context.ts";

export interface ConsumerContext<Deps = unknown> extends ServiceContext<Deps>, ConsumerScope {}

export type Consumer<Deps = unknown> = EventConsumer<ServiceContext<Deps>>;

/** Which events of a type a consumer needs, and how soon. */
export interface ConsumerOptions<Data> {
  /** Only events with one of these values have an effect, such as `{ newStatus: ["paid"] }`; with `not`, with any other. */
  where?: {
    readonly [Field in keyof Data]?: readonly Data[Field][] | { readonly not: readonly (Data[Field] | null)[] };
  };
  /** Nothing depends on the effect soon, so that the event can wait for the next transaction of the group. */
  canWait?: true;
}

/** Consumes one event at a time. What it emits has that event as its cause. */
export function on<N extends EventName, Deps = unknown>(
  name: N,
  handler: (ctx: ConsumerContext<Deps>, event: EventEnvelope<EventData<N>>) => Promise<void>,
  options: ConsumerOptions<EventData<N>> = {},
): Consumer<Deps> {
  const oneByOne = async (ctx: ConsumerContext<Deps>, events: readonly EventEnvelope<EventData<N>>[]) => {
    for (const event of events) {
      const cause = causedBy(event);
      try {
        await handler({ ...ctx, cause, tx: ctx.tx.because(cause) }, event);
      } catch (error) {
        noteFailedEvent(error, event);
        throw error;
      }
    }
  };
  return onBatch<N, Deps>(name, oneByOne, options);
}

/** Consumes many events at once, where one statement can handle them. Emit with `ctx.tx.because(causedBy(event))`. */
export function onBatch<N extends EventName, Deps = unknown>(
  name: N,
  handler: (ctx: ConsumerContext<Deps>, events: readonly EventEnvelope<EventData<N>>[]) => Promise<void>,
  { where, canWait }: ConsumerOptions<EventData<N>> = {},
): Consumer<Deps> {
  return {
    event: name,
    apply: handler as Consumer<Deps>["apply"],
    where: where as EventCondition | undefined,
    canWait,
  };
}

/**
 * For services in which events of many types lead to the same kind of work. Each consumer translates its event into an
 * intent. `apply` gets the intents of all types at once, in the order of their events.
 */
export function batchConsumer<Intent, Deps = unknown>(
  apply: (ctx: ConsumerContext<Deps>, items: readonly { event: EventEnvelope; intent: Intent }[]) => Promise<unknown>,
) {
  const translations = new Map<string, (data: never) => Intent>();
  const applyAll: Consumer<Deps>["apply"] = async (ctx, events) => {
    const items = events.flatMap((event: EventEnvelope<never>) => {
      const intentOf = translations.get(`${event.topic}/${event.eventType}`);
      return intentOf ? [{ event, intent: intentOf(event.data) }] : [];
    });
    await apply(ctx, items);
  };
  return <N extends EventName>(
    name: N,
    intentOf: (data: EventData<N>) => Intent,
    { where, canWait }: ConsumerOptions<EventData<N>> = {},
  ): Consumer<Deps> => {
    const { topic, eventType } = addressOf(name);
    translations.set(`${topic}/${eventType}`, intentOf);
    return { event: name, apply: applyAll, where: where as EventCondition | undefined, canWait };
  };
}

/** Of the events that are consumed only under a condition: one of these must be fulfilled. `npm run verify` reads it. */
export function conditionsOf<Deps>(consumers: readonly Consumer<Deps>[] = []): Record<string, EventCondition[]> {
  const conditions: Record<string, EventCondition[]> = {};
  for (const [event, same] of Map.groupBy(consumers, (consumer) => consumer.event)) {
    const wheres = same.map(({ where }) => where).filter((where) => where !== undefined);
    if (wheres.length === same.length) conditions[event] = wheres;
  }
  return conditions;
}

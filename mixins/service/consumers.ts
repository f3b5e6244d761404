import type { EventData, EventName } from "#lib/contract/types.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { causedBy } from "#lib/events/envelope.ts";
import { addressOf, type ConsumerScope, type EventConsumer } from "#lib/events/inbox/event-routes.ts";
import { noteFailedEvent } from "#lib/events/inbox/failed-event.ts";
import type { ServiceContext } from "./context.ts";

export interface ConsumerContext<Deps = unknown> extends ServiceContext<Deps>, ConsumerScope {}

export type Consumer<Deps = unknown> = EventConsumer<ServiceContext<Deps>>;

/** Consumes one event at a time. What it emits has that event as its cause. */
export function on<N extends EventName, Deps = unknown>(
  name: N,
  handler: (ctx: ConsumerContext<Deps>, event: EventEnvelope<EventData<N>>) => Promise<void>,
): Consumer<Deps> {
  return onBatch<N, Deps>(name, async (ctx, events) => {
    for (const event of events) {
      const cause = causedBy(event);
      try {
        await handler({ ...ctx, cause, tx: ctx.tx.because(cause) }, event);
      } catch (error) {
        noteFailedEvent(error, event);
        throw error;
      }
    }
  });
}

/** Consumes many events at once, where one statement can handle them. Emit with `ctx.tx.because(causedBy(event))`. */
export function onBatch<N extends EventName, Deps = unknown>(
  name: N,
  handler: (ctx: ConsumerContext<Deps>, events: readonly EventEnvelope<EventData<N>>[]) => Promise<void>,
): Consumer<Deps> {
  return { event: name, apply: handler as Consumer<Deps>["apply"] };
}

/**
 * For services in which events of many types lead to the same kind of work. Each consumer translates its event into an
 * intent, or into undefined when there is nothing to do. `apply` gets the intents of all types at once, in the order of
 * their events.
 */
export function batchConsumer<Intent, Deps = unknown>(
  apply: (ctx: ConsumerContext<Deps>, items: readonly { event: EventEnvelope; intent: Intent }[]) => Promise<unknown>,
) {
  const translations = new Map<string, (data: never) => Intent | undefined>();
  const applyAll: Consumer<Deps>["apply"] = async (ctx, events) => {
    const items = events.flatMap((event: EventEnvelope<never>) => {
      const intent = translations.get(`${event.topic}/${event.eventType}`)?.(event.data);
      return intent === undefined ? [] : [{ event, intent }];
    });
    if (items.length > 0) await apply(ctx, items);
  };
  return <N extends EventName>(name: N, intentOf: (data: EventData<N>) => Intent | undefined): Consumer<Deps> => {
    const { topic, eventType } = addressOf(name);
    translations.set(`${topic}/${eventType}`, intentOf);
    return { event: name, apply: applyAll };
  };
}

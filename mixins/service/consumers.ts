import { topicOf } from "#lib/contract/contract.ts";
import type { EventData, EventName } from "#lib/contract/types.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { causedBy } from "#lib/events/envelope.ts";
import { noteFailedEvent } from "#lib/events/inbox/failed-event.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "./context.ts";

/** What a consumer can reach: it runs inside the transaction that also remembers its events as applied. */
export interface ConsumerContext<Deps = unknown> extends Omit<ServiceContext<Deps>, "transaction"> {
  tx: Transaction;
  /** Which try this is for these events, here and since they were delivered last: 1 unless they failed before. */
  attempt: number;
}

/** Applies events of one type, in their order, one at a time or many at once. */
export interface Consumer<Deps = unknown> {
  event: EventName;
  apply(ctx: ConsumerContext<Deps>, events: readonly EventEnvelope<never>[]): Promise<void>;
}

/** Consumes one event at a time; what it emits names that event as its cause. */
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

/** Consumes many events in one go, where one statement does the work of many. Emit with `ctx.tx.because(causedBy(event))`. */
export function onBatch<N extends EventName, Deps = unknown>(
  name: N,
  handler: (ctx: ConsumerContext<Deps>, events: readonly EventEnvelope<EventData<N>>[]) => Promise<void>,
): Consumer<Deps> {
  return { event: name, apply: handler as Consumer<Deps>["apply"] };
}

/**
 * For services in which many events do one kind of thing. Each consumer says what its event means (or that it means
 * nothing), and `apply` gets the intents of all of them, in their order, in one go.
 */
export function batchConsumer<Intent, Deps = unknown>(
  apply: (ctx: ConsumerContext<Deps>, news: readonly { event: EventEnvelope; intent: Intent }[]) => Promise<unknown>,
) {
  const intents = new Map<string, (data: never) => Intent | undefined>();
  const applyAll: Consumer<Deps>["apply"] = async (ctx, events) => {
    const news = events.flatMap((event: EventEnvelope<never>) => {
      const intent = intents.get(`${event.topic}/${event.eventType}`)?.(event.data);
      return intent === undefined ? [] : [{ event, intent }];
    });
    if (news.length > 0) await apply(ctx, news);
  };
  return <N extends EventName>(name: N, intentOf: (data: EventData<N>) => Intent | undefined): Consumer<Deps> => {
    const [service, type] = name.split(".") as [string, string];
    intents.set(`${topicOf(service)}/${type}`, intentOf);
    return { event: name, apply: applyAll };
  };
}

import type { EventData } from "#lib/contract/types.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { batchConsumer, type Consumer, type ConsumerOptions } from "#mixins/service/consumers.ts";
import { type PostedEvent, type Posting, postingOf } from "../domain/postings.ts";
import { postEntries } from "../entries.store.ts";

const postBatch = batchConsumer<Posting | undefined>(async (ctx, items) => {
  const entries = items.flatMap(({ event, intent: posting }) => (posting ? [entryOf(event, posting)] : []));
  if (entries.length > 0) postEntries(ctx.tx, entries);
});

/** Declares a consumer that posts an event. Nobody waits for the books, so events are posted many at once. */
export function posted<N extends PostedEvent>(
  name: N,
  where: NonNullable<ConsumerOptions<EventData<N>>["where"]> = {},
): Consumer {
  return postBatch(name, (data) => postingOf(name, data), { canWait: true, where });
}

function entryOf({ eventId, eventType, topic, timestamp }: EventEnvelope, posting: Posting) {
  return { eventId, eventType, topic, occurredAt: timestamp, posting };
}

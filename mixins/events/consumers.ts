import { topicOf } from "../contracts.ts";
import type { Database } from "../database.ts";
import { isOutage } from "../errors.ts";
import type { Consumer, ServiceContext } from "../service.ts";
import type { EventEnvelope } from "./envelope.ts";
import { GroupQueue } from "./group.ts";
import { segments } from "./segments.ts";
import type { Group } from "./transport.ts";

/**
 * The consumer group of one service. Events are applied, and remembered in the inbox, in one transaction: seen twice,
 * applied once.
 */
export function consumerGroup<Deps>(
  name: string,
  consumers: readonly Consumer<Deps>[],
  db: Database,
  context: () => ServiceContext<Deps>,
): Omit<Group, "locks"> {
  const byType = new Map(consumers.map((consumer) => [typeOf(consumer), consumer]));
  const ctx = context();
  const queue = new GroupQueue({
    isOutage,
    apply: (events) =>
      db.transaction(ctx.cause, async (tx) => {
        const fresh = await claimInInbox(tx, name, events);
        const typed = fresh.map((event) => ({ type: `${event.topic}/${event.eventType}`, key: event.key, event }));
        for (const segment of segments(typed)) {
          const consumer = byType.get(segment.type);
          await consumer?.apply({ ...ctx, tx }, segment.events.map(({ event }) => event as EventEnvelope<never>));
        }
      }),
    bury: async (event, error, attempts) => {
      await db.transaction(ctx.cause, async (tx) => {
        await claimInInbox(tx, name, [event]);
        await tx.query(
          `INSERT INTO dead_letter (consumer_group, event_id, envelope, error, attempts) VALUES ($1, $2, $3::json, $4, $5)
           ON CONFLICT (consumer_group, event_id) DO UPDATE SET error = EXCLUDED.error, attempts = EXCLUDED.attempts, dead_at = now()`,
          [name, event.eventId, JSON.stringify(event), error instanceof Error ? (error.stack ?? error.message) : String(error), attempts],
        );
      });
      ctx.log.error("An event is dead-lettered.", { event: event.eventId, type: event.eventType, attempts, reason: String(error) });
    },
    onError: (event, error, attempt) =>
      ctx.log.warn(event ? "An event failed; it is tried again." : "Events wait for an outage to end.", {
        event: event?.eventId,
        type: event?.eventType,
        attempt,
        reason: String(error),
      }),
  });
  return { name, topics: topicsOf(consumers), queue };
}

/** Remembers events as applied. @returns those that were not applied before, in their order */
async function claimInInbox(
  tx: { query<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> },
  group: string,
  events: readonly EventEnvelope[],
): Promise<EventEnvelope[]> {
  const rows = await tx.query<{ event_id: string }>(
    `INSERT INTO inbox (consumer_group, event_id) SELECT $1, unnest($2::text[])
     ON CONFLICT DO NOTHING RETURNING event_id`,
    [group, events.map(({ eventId }) => eventId)],
  );
  const fresh = new Set(rows.map((row) => row.event_id));
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

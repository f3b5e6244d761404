import { limits } from "../../config/limits.ts";
import { topicOf } from "../contracts.ts";
import type { Database } from "../database.ts";
import { isBusy, isOutage } from "../errors.ts";
import { failPoints, type Scope } from "../fail-points.ts";
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
  const byType = Map.groupBy(consumers, typeOf);
  const ctx = context();
  const armed = failPoints;
  const apply = (events: readonly EventEnvelope[], lockTimeoutMs: number) => {
    const scope = armed && scopeOf(name, events);
    return db.consume(
      ctx.cause,
      lockTimeoutMs,
      async (tx) => {
        if (scope) await armed.reach("before-inbox", scope);
        const fresh = await claimInInbox(tx, name, events);
        if (scope) await armed.reach("after-inbox", scope);
        const lanes = fresh.map((event) => {
          const hearing = byType.get(`${event.topic}/${event.eventType}`) ?? [];
          return { type: hearing.length === 1 ? hearing[0]?.apply : event.eventType, key: event.key, event, hearing };
        });
        for (const segment of segments(lanes)) {
          const events = segment.events.map(({ event }) => event as EventEnvelope<never>);
          for (const consumer of segment.events[0]?.hearing ?? []) await consumer.apply({ ...ctx, tx }, events);
        }
      },
      scope,
    );
  };
  const queue = new GroupQueue({
    isOutage,
    isBusy,
    apply,
    ...(armed ? { reach: async (boundary, events) => armed.reach(boundary, scopeOf(name, events)) } : {}),
    bury: async (event, error, attempts) => {
      const buried = await db.consume(ctx.cause, limits.EVENT_LOCK_TIMEOUT_MS, async (tx) => {
        const [fresh] = await claimInInbox(tx, name, [event]);
        if (!fresh) return false; // another node, at the moment of hand-over, could apply it
        await tx.query(
          `INSERT INTO dead_letter (consumer_group, event_id, envelope, error, attempts) VALUES ($1, $2, $3::json, $4, $5)
           ON CONFLICT (consumer_group, event_id) DO UPDATE SET error = EXCLUDED.error, attempts = EXCLUDED.attempts, dead_at = now()`,
          [name, event.eventId, JSON.stringify(event), textOf(error), attempts],
        );
        return true;
      });
      if (!buried) return;
      ctx.log.error("An event is dead-lettered.", {
        event: event.eventId,
        type: event.eventType,
        attempts,
        reason: String(error),
      });
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

/** Whose fail points a batch of events reaches. */
function scopeOf(group: string, events: readonly EventEnvelope[]): Scope {
  return new Set(events.map(({ eventType }) => `${group}.${eventType}`));
}

/** An error as a column takes it: Postgres has no NUL in texts, and nobody reads more. */
function textOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.replaceAll("\0", "").slice(0, limits.DEAD_LETTER_ERROR_CHARS);
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

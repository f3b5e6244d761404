import { limits } from "#config/limits.ts";
import { type EventCondition, fulfils } from "#lib/events/inbox/event-routes.ts";
import type { ReadOnlyDatabase, ServiceDatabases } from "./databases.ts";
import type { Inspection, Look, Suspect } from "./invariant.ts";
import { SUSPECTS } from "./two-step-check.ts";

/** The event types each group listens to, as `topic/Type`, each with the conditions of which an event must fulfil one. */
export type Listeners = ReadonlyMap<string, Wanted>;
type Wanted = ReadonlyMap<string, readonly EventCondition[]>;

const PAGE_EVENTS = 5_000;

/** An invariant over every service's events. */
function everywhere(
  invariant: { name: string; says: string; advisory?: true },
  look: (database: ReadOnlyDatabase, service: string) => Promise<Omit<Look, "invariant">>,
): Inspection {
  return {
    invariants: [invariant],
    reads: [],
    async *look(databases) {
      for (const service of databases.services)
        yield { invariant: invariant.name, ...(await look(await databases.of(service), service)) };
    },
  };
}

const sequence = everywhere(
  { name: "events.sequence", says: "The events of each aggregate are numbered without a gap." },
  async (database) => {
    const [total] = await database.query<{ count: number }>("SELECT count(*) AS count FROM event_sequence");
    // Retention forgets the oldest first; in a database younger than that, everything must still be there.
    const suspects = await database.query<Suspect>(
      `WITH kept AS (
         SELECT topic, key, count(*) AS events, sum(sequence) AS sum, min(sequence) AS first, max(sequence) AS last
         FROM outbox GROUP BY topic, key
       ), trimmed AS (
         SELECT coalesce(min(ran_at) < now() - make_interval(days => $2), true) AS may_be FROM migration
       )
       SELECT topic || '/' || key AS id,
              format('%s events are there, from %s to %s; %s were written', coalesce(events, 0), first, k.last, s.last) AS wrong
       FROM event_sequence s FULL JOIN kept k USING (topic, key) CROSS JOIN trimmed
       WHERE s.last IS NULL OR (k.last IS NULL AND NOT may_be) OR k.last <> s.last OR (first > 1 AND NOT may_be)
          OR events <> k.last - first + 1 OR sum * 2 <> (first + k.last) * events
       LIMIT $1`,
      [SUSPECTS, limits.OUTBOX_RETENTION_DAYS],
    );
    return { checked: total?.count ?? 0, suspects };
  },
);

const sent = everywhere(
  { name: "events.sent", says: "No event stays in its outbox for longer than the grace." },
  async (database, service) => {
    const [total] = await database.query<{ count: number }>("SELECT count(*) AS count FROM outbox");
    const suspects = await database.query<Suspect>(
      `SELECT $2 || '/' || id AS id, format('%s %s of %s was not sent', event_type, event_id, key) AS wrong
       FROM outbox WHERE id > (SELECT sent_to FROM outbox_position) ORDER BY outbox.id LIMIT $1`,
      [SUSPECTS, service],
    );
    return { checked: total?.count ?? 0, suspects };
  },
);

const dead = everywhere(
  { name: "events.dead", says: "No event is dead-lettered.", advisory: true },
  async (database, service) => {
    const [total] = await database.query<{ count: number }>(
      "SELECT count(*) AS count FROM dead_letter WHERE discarded_at IS NULL",
    );
    const suspects = await database.query<Suspect>(
      `SELECT event_id || ' for ' || consumer_group AS id,
              format('%s: %s', envelope ->> 'eventType', left(split_part(error, E'\\n', 1), 200)) AS wrong
       FROM dead_letter WHERE discarded_at IS NULL ORDER BY dead_at LIMIT $1`,
      [SUSPECTS],
    );
    return { checked: total?.count ?? 0, suspects, service };
  },
);

interface SentEvent {
  id: number;
  event_id: string;
  name: string;
  key: string;
  data: unknown;
  occurred_at: Date;
}

interface Group {
  name: string;
  wants: Wanted;
  database: ReadOnlyDatabase;
  /** Events from before the group existed are not checked. */
  since: Date;
}

/** Checks that every event that was sent is in the inbox of every group that consumes it. */
export function consumedInspection(listeners: Listeners): Inspection {
  const invariant = {
    name: "events.consumed",
    says: "Every event that was sent is in the inbox, or among the dead letters, of every group that it concerns.",
  };
  return {
    invariants: [invariant],
    reads: [],
    async *look(databases, ids) {
      const groups = await openGroups(databases, listeners);
      const wanted = [...new Set(groups.flatMap(({ wants }) => [...wants.keys()]))];
      for (const service of databases.services) {
        const database = await databases.of(service);
        for await (const events of ids ? [await again(database, service, ids)] : allSent(database, wanted)) {
          for (const group of groups) yield { invariant: invariant.name, ...(await missing(service, events, group)) };
        }
      }
    },
  };
}

async function openGroups(databases: ServiceDatabases, listeners: Listeners): Promise<Group[]> {
  const groups: Group[] = [];
  for (const [name, wants] of listeners) {
    if (!databases.has(name)) continue;
    const database = await databases.of(name);
    const [row] = await database.query<{ since: Date }>(
      "SELECT coalesce(min(ran_at), '-infinity') AS since FROM migration",
    );
    groups.push({ name, wants, database, since: row?.since ?? new Date(0) });
  }
  return groups;
}

const EVENT =
  "SELECT id, event_id, topic || '/' || event_type AS name, key, data, occurred_at FROM outbox WHERE id <= (SELECT sent_to FROM outbox_position)";

async function* allSent(database: ReadOnlyDatabase, wanted: readonly string[]): AsyncGenerator<SentEvent[]> {
  for (let after = 0; ; ) {
    const events = await database.query<SentEvent>(
      `${EVENT} AND id > $1 AND topic || '/' || event_type = ANY ($2) ORDER BY id LIMIT $3`,
      [after, wanted, PAGE_EVENTS],
    );
    const last = events.at(-1);
    if (!last) return;
    yield events;
    after = last.id;
  }
}

/** The events of a service that were missing at the first look. */
async function again(database: ReadOnlyDatabase, service: string, ids: readonly string[]): Promise<SentEvent[]> {
  const places = ids.map((id) => /^(.+)\/(\d+) → /.exec(id)).filter((place) => place?.[1] === service);
  return database.query<SentEvent>(`${EVENT} AND id = ANY ($1)`, [places.map((place) => Number(place?.[2]))]);
}

function isWanted({ name, data }: SentEvent, wants: Wanted): boolean {
  const conditions = wants.get(name);
  return conditions !== undefined && (conditions.length === 0 || conditions.some((where) => fulfils(data, where)));
}

async function missing(service: string, events: readonly SentEvent[], group: Group): Promise<Omit<Look, "invariant">> {
  const due = events.filter((event) => isWanted(event, group.wants) && event.occurred_at >= group.since);
  if (due.length === 0) return { checked: 0, suspects: [] };
  const rows = await group.database.query<{ event_id: string }>(
    `SELECT event_id FROM inbox WHERE consumer_group = $1 AND event_id = ANY ($2)
     UNION ALL SELECT event_id FROM dead_letter WHERE consumer_group = $1 AND event_id = ANY ($2)`,
    [group.name, due.map(({ event_id }) => event_id)],
  );
  const known = new Set(rows.map(({ event_id }) => event_id));
  const suspects = due
    .filter(({ event_id }) => !known.has(event_id))
    .map(({ id, event_id, name, key }) => ({
      id: `${service}/${id} → ${group.name}`,
      wrong: `${name.split("/").at(-1)} ${event_id} of ${key} never arrived`,
    }));
  return { checked: due.length, suspects };
}

export const eventInspections: readonly Inspection[] = [sequence, sent, dead];

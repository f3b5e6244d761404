import { join } from "node:path";
import { DataTypes } from "sequelize";
import { Type } from "typebox";
import { internal } from "#lib/contract/access.ts";
import { action, contract, Exact, event } from "#lib/contract/contract.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import type { Database } from "#lib/sql/database.ts";
import { type ConsumerContext, on, onBatch } from "#mixins/service/consumers.ts";
import { transactional } from "#mixins/service/context.ts";
import type { DatabaseOptions } from "#mixins/service/database-mixin.ts";
import { service } from "#mixins/service/service.ts";

/** Makes an event fail in one of the groups: `east:poison` fails always, `west:twice` fails two times. */
const Trouble = Type.Optional(Type.String());

/** A service that counts: each call adds `times` to the count of a key, and emits one event for each step. */
export const tally = contract("tally", {
  summary: "Counts, for tests of the event backbone.",
  actions: {
    count: action({
      summary: "Adds to the count of a key.",
      params: Exact({
        key: Type.String(),
        times: Type.Integer({ minimum: 1 }),
        trouble: Trouble,
        /** Throws after everything was written: the transaction must leave nothing behind. */
        fails: Type.Optional(Type.Boolean()),
      }),
      returns: Exact({ count: Type.Integer() }),
      access: internal(),
    }),
  },
  events: {
    Counted: event({
      key: "key",
      version: "1.0",
      data: Type.Object({ key: Type.String(), n: Type.Integer(), trouble: Trouble }),
    }),
    Recounted: event({
      key: "key",
      version: "1.0",
      data: Type.Object({ key: Type.String(), n: Type.Integer(), trouble: Trouble }),
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    tally: typeof tally;
  }
}

type Counted = EventEnvelope<{ key: string; n: number; trouble?: string }>;

export const GROUPS = ["east", "west"] as const;
export type GroupName = (typeof GROUPS)[number];

const database = (folder: string, table: string): DatabaseOptions => ({
  migrations: join(import.meta.dirname, "migrations", folder),
  model: { name: table, define: { id: { type: DataTypes.TEXT, primaryKey: true } }, options: { timestamps: false } },
});

export const producer = () =>
  service(tally, {
    database: database("tally", "made"),
    actions: {
      count: transactional((ctx, { key, times, trouble, fails }) =>
        ctx.transaction(async (tx) => {
          await tx.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", [key]);
          const rows = await tx.query<{ n: number }>(
            `INSERT INTO made SELECT $1, last + step
             FROM (SELECT coalesce(max(n), 0) AS last FROM made WHERE event_key = $1) AS before, generate_series(1, $2) AS step
             ORDER BY step RETURNING n`,
            [key, times],
          );
          for (const { n } of rows) {
            // Two event types in turn, because the order of a key must hold across types.
            const type = n % 2 === 0 ? tally.events.Recounted : tally.events.Counted;
            tx.emit(type, { key, n, ...(trouble ? { trouble } : {}) });
          }
          if (fails) throw new Error("the test made it fail");
          return { count: rows.at(-1)?.n ?? 0 };
        }),
      ),
    },
  });

const failures = new Map<string, number>();

/** When fixed, poison events are applied, as after a bug in the consumer was fixed. */
export const poisonBug = { fixed: false };

function failIfTroubled(group: GroupName, { eventId, data }: Counted): void {
  const [troubledGroup, what] = data.trouble?.split(":") ?? [];
  if (troubledGroup !== group) return;
  const failed = failures.get(`${group} ${eventId}`) ?? 0;
  if ((what === "poison" && !poisonBug.fixed) || (what === "twice" && failed < 2)) {
    failures.set(`${group} ${eventId}`, failed + 1);
    throw new Error(`${what}\0: the test made it fail`); // NUL, because Postgres refuses it in a text
  }
}

async function recordSeen(ctx: ConsumerContext, events: readonly Counted[]): Promise<void> {
  await ctx.tx.query(
    `INSERT INTO seen (event_id, event_key, sequence, n, node)
     SELECT e.id, e.key, e.sequence, e.n, $5
     FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS e (id, key, sequence, n, place)
     ORDER BY e.place`,
    [
      events.map((e) => e.eventId),
      events.map((e) => e.key),
      events.map((e) => e.sequence),
      events.map((e) => e.data.n),
      ctx.node,
    ],
  );
}

/** The group `east` applies events one by one, `west` many at once. */
export const consumer = (group: GroupName) => {
  const each = async (ctx: ConsumerContext, e: Counted) => {
    failIfTroubled(group, e);
    await recordSeen(ctx, [e]);
  };
  const many = async (ctx: ConsumerContext, events: readonly Counted[]) => {
    for (const e of events) failIfTroubled(group, e);
    await recordSeen(ctx, events);
  };
  return service(contract(group, { summary: "Consumes the events of the tally service.", actions: {} }), {
    database: database("group", "seen"),
    actions: {},
    reset: (tx) => tx.query("DELETE FROM seen").then(() => undefined),
    consumers:
      group === "east"
        ? [on("tally.Counted", each), on("tally.Recounted", each)]
        : [onBatch("tally.Counted", many), onBatch("tally.Recounted", many)],
  });
};

export const TEST_SERVICES = { tally: producer, east: () => consumer("east"), west: () => consumer("west") };
export type TestService = keyof typeof TEST_SERVICES;

/** The sequence numbers that a group has applied, in the order in which it applied them, by key. */
export async function seenBy(db: Pick<Database, "query">): Promise<Map<string, number[]>> {
  const rows = await db.query<{ event_key: string; sequences: number[] }>(
    "SELECT event_key, json_agg(sequence ORDER BY place) AS sequences FROM seen GROUP BY event_key ORDER BY event_key",
  );
  return new Map(rows.map((row) => [row.event_key, row.sequences]));
}

/** The sequence numbers that were committed, by key: 1 to n. */
export async function committedBy(db: Pick<Database, "query">): Promise<Map<string, number[]>> {
  const rows = await db.query<{ event_key: string; count: number }>(
    "SELECT event_key, count(*)::int AS count FROM made GROUP BY event_key ORDER BY event_key",
  );
  return new Map(rows.map((row) => [row.event_key, Array.from({ length: row.count }, (_, i) => i + 1)]));
}

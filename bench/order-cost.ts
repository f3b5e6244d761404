import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { sharedDatabase } from "#lib/sql/data-place.ts";
import { markdownTable } from "./figures.ts";
import type { Measure } from "./measures.ts";
import { nodeProcessesOf, statOf } from "./processes.ts";

/** Settings of a Postgres that can count statements. */
export const COUNTABLE: Readonly<Record<string, string>> = { shared_preload_libraries: "pg_stat_statements" };

/** A session that is idle reports what it has done after ten seconds at the latest. */
const REPORTED_MS = 11_000;

/** What a service has used. Counts since some start, or of one order. */
export interface Cost {
  statements: number;
  transactions: number;
  /** Inserted, updated and deleted. */
  rows: number;
  walBytes: number;
  postgresCpuMs: number;
}

/** Counters at one moment. */
export interface Counters {
  atMs: number;
  services: ReadonlyMap<string, Cost>;
  nodeCpuMs: number;
}

/** What one order costs, averaged over a window. */
export interface OrderCost {
  name: string;
  clients: number;
  services: ReadonlyMap<string, Cost>;
  nodeCpuMs: number;
}

const SINGLE_STATEMENTS = "(one statement)";
const NOTHING: Cost = { statements: 0, transactions: 0, rows: 0, walBytes: 0, postgresCpuMs: 0 };
const KEYS = Object.keys(NOTHING) as (keyof Cost)[];

/**
 * The costs of one order: what was used from `before` to `after`, without what the idle shop uses in that time, divided
 * by the orders. Services that an order does not use are left out.
 */
export function costPerOrder(
  idle: { before: Counters; after: Counters },
  busy: { before: Counters; after: Counters },
  orders: number,
): Pick<OrderCost, "services" | "nodeCpuMs"> {
  const share = (busy.after.atMs - busy.before.atMs) / (idle.after.atMs - idle.before.atMs);
  const ofOne = (used: number, usedIdle: number) => Math.max(0, used - usedIdle * share) / orders;
  const services = new Map<string, Cost>();
  for (const [service, after] of busy.after.services) {
    const before = busy.before.services.get(service) ?? NOTHING;
    const idleBefore = idle.before.services.get(service) ?? NOTHING;
    const idleAfter = idle.after.services.get(service) ?? NOTHING;
    const cost = { ...NOTHING };
    for (const key of KEYS) cost[key] = ofOne(after[key] - before[key], idleAfter[key] - idleBefore[key]);
    if (cost.statements >= 0.05 || cost.transactions >= 0.05) services.set(service, cost);
  }
  const nodeCpuMs = ofOne(busy.after.nodeCpuMs - busy.before.nodeCpuMs, idle.after.nodeCpuMs - idle.before.nodeCpuMs);
  return { services, nodeCpuMs };
}

/** Makes a server that was started with `COUNTABLE` as fast as any other, until `countCosts` is called. */
export async function doNotCountYet(databaseUrl: string): Promise<void> {
  const server = new pg.Client({ connectionString: databaseUrl });
  await server.connect();
  await switchCounting(server, "off");
  await server.end();
}

/**
 * Counts what the orders of some measures cost. Needs Linux, a server that was started with `COUNTABLE`, and a shop with
 * its services in the schemas of one database.
 */
export async function countCosts(
  { databaseUrl, namespace, pid }: { databaseUrl: string; namespace: string; pid: number },
  measures: readonly Measure[],
  seconds: number,
): Promise<OrderCost[]> {
  const server = new pg.Client({ connectionString: sharedDatabase(databaseUrl, namespace) });
  await server.connect();
  const count = async (): Promise<Counters> => {
    await sleep(REPORTED_MS);
    return readCounters(server, namespace, pid);
  };
  try {
    await server.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    await switchCounting(server, "on");
    const idle = { before: await count(), after: await count() };
    const costs: OrderCost[] = [];
    for (const measure of measures) {
      const before = await count();
      const { done } = await measure.shop(seconds);
      const after = await count();
      const { name, clients } = measure;
      costs.push({ name, clients, ...costPerOrder(idle, { before, after }, done) });
    }
    return costs;
  } finally {
    await server.end();
  }
}

export function costTable({ services, nodeCpuMs }: OrderCost): string {
  const rows = [...services].toSorted(([, a], [, b]) => b.statements - a.statements);
  const total = { ...NOTHING };
  for (const [, cost] of rows) for (const key of KEYS) total[key] += cost[key];
  const header = ["service", "statements", "transactions", "rows", "WAL bytes", "Postgres ms", "Node ms"];
  const line = (name: string, { statements, transactions, rows: written, walBytes, postgresCpuMs }: Cost) => [
    name,
    rounded(statements),
    rounded(transactions),
    rounded(written),
    Math.round(walBytes),
    rounded(postgresCpuMs),
  ];
  return markdownTable(header, [
    ...rows.map(([service, cost]) => [...line(service, cost), ""]),
    [...line("all", total), String(rounded(nodeCpuMs))],
  ]);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Switches the counting of statements, also in sessions that exist. */
async function switchCounting(server: pg.Client, to: "on" | "off"): Promise<void> {
  await server.query(`ALTER SYSTEM SET pg_stat_statements.track = '${to === "on" ? "top" : "none"}'`);
  await server.query("SELECT pg_reload_conf()");
}

/**
 * The counters of every service: of its role, of its schema, and of the sessions that it opened. Postgres counts
 * transactions for the whole database only; those of a service are the ones that it ended by COMMIT or ROLLBACK, and
 * the others, of one statement each, are counted as one more service.
 */
async function readCounters(server: pg.Client, namespace: string, pid: number): Promise<Counters> {
  const { rows } = await server.query<{ service: string } & Omit<Cost, "postgresCpuMs"> & { pids: number[] }>(
    `SELECT n.nspname AS service, coalesce(s.statements, 0)::float8 AS statements,
            coalesce(s.transactions, 0)::float8 AS transactions, t.rows::float8 AS rows,
            coalesce(s.wal_bytes, 0)::float8 AS "walBytes",
            ARRAY(SELECT pid FROM pg_stat_activity WHERE starts_with(application_name, n.nspname || '@')) AS pids
     FROM pg_namespace n
     JOIN (SELECT schemaname, sum(n_tup_ins + n_tup_upd + n_tup_del) AS rows
           FROM pg_stat_user_tables GROUP BY schemaname) t ON t.schemaname = n.nspname
     LEFT JOIN (SELECT userid, sum(calls) AS statements, sum(wal_bytes) AS wal_bytes,
                       sum(calls) FILTER (WHERE query IN ('COMMIT', 'ROLLBACK')) AS transactions
                FROM pg_stat_statements GROUP BY userid) s ON s.userid = n.nspowner
     WHERE pg_get_userbyid(n.nspowner) = $1 || '_' || n.nspname`,
    [namespace],
  );
  const { rows: databases } = await server.query<{ ended: number }>(
    "SELECT (xact_commit + xact_rollback)::float8 AS ended FROM pg_stat_database WHERE datname = current_database()",
  );
  const several = rows.reduce((sum, { transactions }) => sum + transactions, 0);
  const single = { ...NOTHING, transactions: (databases[0]?.ended ?? 0) - several };
  const services = rows.map(({ service, pids, ...counts }): [string, Cost] => [
    service,
    { ...counts, postgresCpuMs: pids.reduce((sum, backend) => sum + cpuMsOf(backend), 0) },
  ]);
  return {
    atMs: performance.now(),
    services: new Map([...services, [SINGLE_STATEMENTS, single]]),
    nodeCpuMs: nodeProcessesOf(pid).reduce((sum, node) => sum + cpuMsOf(node), 0),
  };
}

function cpuMsOf(pid: number): number {
  return statOf(pid)?.cpuMs ?? 0;
}

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import pg from "pg";
import { limits } from "#config/limits.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { KeyValue } from "#lib/keyvalue/keyvalue.ts";
import { openKeyValue } from "#lib/keyvalue/open-keyvalue.ts";
import { connectionParts } from "#lib/sql/connection.ts";
import { sessionUrl } from "#lib/sql/data-place.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer, postgresUrl, redisServer } from "#test/support/servers.ts";
import { TcpProxy } from "#test/support/tcp-proxy.ts";
import { seenBy, TEST_SERVICES } from "./test-services.ts";

const SERVER_NOTICES_MS = 2_000;
const RECOVERED_MS = 20_000;
const CALLER = { meta: { auth: { kind: "service", service: "test" } }, timeout: limits.REQUEST_TIMEOUT_MS };

let proxies: Record<"postgres" | "nats" | "redis", TcpProxy>;
let servers: Awaited<ReturnType<typeof natsServer>>[];
let broker: ServiceBroker;
let store: KeyValue;

beforeAll(async () => {
  const { host, port } = connectionParts(postgresUrl());
  servers = [await natsServer({ own: true }), await redisServer({ own: true })];
  const [nats, redis] = servers.map(({ url }) => ({ host: "127.0.0.1", port: Number(new URL(url).port) }));
  proxies = {
    postgres: await TcpProxy.to(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }),
    nats: await TcpProxy.to(nats ?? { port: 0 }),
    redis: await TcpProxy.to(redis ?? { port: 0 }),
  };
  const { username, password } = connectionParts(postgresUrl());
  broker = await startBroker({
    namespace: freshNamespace(),
    services: [TEST_SERVICES.tally(), TEST_SERVICES.east()],
    nats: `nats://127.0.0.1:${proxies.nats.port}`,
    settings: { DATABASE_URL: `postgres://${username}:${password}@127.0.0.1:${proxies.postgres.port}/postgres` },
  });
  const noDatabase = {
    place: { database: "postgres://nowhere/shop" },
    query: () => Promise.reject(new Error("no database here")),
  };
  store = openKeyValue(noDatabase, `redis://127.0.0.1:${proxies.redis.port}`);
});
afterAll(async () => {
  await broker?.stop();
  await store?.close();
  for (const proxy of Object.values(proxies)) await proxy.close();
  for (const server of servers) await server.stop();
});

const count = () => broker.call<{ count: number }, object>("tally.count", { key: "a", times: 1 }, CALLER);

/** Whether an attempt ended as an outage, and after how many milliseconds. */
async function outcomeOf(attempt: Promise<unknown>): Promise<{ outage: boolean; ms: number }> {
  const began = performance.now();
  const outcome = await attempt.catch((error: unknown) => error);
  return { outage: isOutage(outcome), ms: performance.now() - began };
}

test("connections that stop answering without being closed: callers get an error in time, and new connections are made", async () => {
  await Promise.all([count(), store.set("k", 1, 60)]);
  await eventually(async () => expect((await seenBy(databaseOf(broker, "east"))).get("a")).toEqual([1]));
  for (const proxy of Object.values(proxies)) proxy.forget(SERVER_NOTICES_MS);
  const [counted, asked] = await Promise.all([outcomeOf(count()), outcomeOf(store.get("k"))]);
  expect(counted.outage).toBe(true);
  expect(counted.ms).toBeLessThan(limits.REQUEST_TIMEOUT_MS);
  expect(asked.outage).toBe(true);
  expect(asked.ms).toBeLessThan(limits.KEYVALUE_TIMEOUT_MS + 1_000);

  const deadline = performance.now() + RECOVERED_MS;
  await eventually(async () => expect((await store.get("k"))?.value).toBe(1), RECOVERED_MS);
  let last = 0;
  while (last === 0) {
    last = await count().then(
      (made) => made.count,
      () => 0,
    );
    if (performance.now() > deadline) throw new Error("The database is not reached again.");
    await sleep(50);
  }
  const all = Array.from({ length: last }, (_, made) => made + 1);
  await eventually(async () => expect((await seenBy(databaseOf(broker, "east"))).get("a")).toEqual(all), RECOVERED_MS);
});

test("a node that stops answering within a transaction does not keep its rows locked", async () => {
  const db = databaseOf(broker, "tally");
  const silence = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const stuck = db.transaction({ correlationId: "c", causationId: "c", traceparent: null }, async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(42)");
    locked.resolve();
    await silence.promise;
    await tx.query("SELECT 1");
  });
  const outcomeOfStuck = outcomeOf(stuck);
  await locked.promise;
  const other = new pg.Client({ connectionString: sessionUrl(db.place) });
  await other.connect();
  const began = performance.now();
  try {
    await other.query("SET statement_timeout = '60s'; SELECT pg_advisory_xact_lock(42)");
    expect(performance.now() - began).toBeLessThan(2 * limits.IDLE_TRANSACTION_MS);
  } finally {
    await other.end();
    silence.resolve();
  }
  expect((await outcomeOfStuck).outage).toBe(true);
});

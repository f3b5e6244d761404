import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { limits } from "#config/limits.ts";
import { contract } from "#lib/contract/contract.ts";
import { every } from "#mixins/service/jobs.ts";
import { service } from "#mixins/service/service.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";

const EVERY_MS = 100;
const clock = contract("clock", { summary: "Runs one job, for tests of jobs.", actions: {} });

/** The runs of the job on all nodes of a test, in the order in which they began. */
interface Run {
  node: string;
  ended: boolean;
}

let brokers: ServiceBroker[] = [];
afterEach(async () => {
  await Promise.all(brokers.map((broker) => broker.stop()));
  brokers = [];
});

/** Starts nodes that share one database. The first run of their job takes `firstMs`, further ones `laterMs`. */
async function nodesWithJob(count: number, firstMs: number, laterMs = firstMs) {
  const namespace = freshNamespace();
  const runs: Run[] = [];
  const warnings: string[] = [];
  const work = every(EVERY_MS, "work", async ({ node }) => {
    const run = { node, ended: false };
    runs.push(run);
    await sleep(runs.length === 1 ? firstMs : laterMs);
    run.ended = true;
  });
  const database = { migrations: `${import.meta.dirname}/none` };
  const node = async () => {
    const broker = await startBroker({
      namespace,
      services: [service(clock, { database, actions: {}, jobs: [work] })],
    });
    const logger = broker.getLocalService("clock").logger;
    logger.warn = (...args) => void warnings.push(String(args[0]));
    brokers.push(broker);
    return broker;
  };
  for (let i = 0; i < count; i++) await node();
  return { runs, warnings, unfinished: () => runs.filter(({ ended }) => !ended) };
}

test("a job that runs for longer than a transaction may be idle runs on one node at a time", async () => {
  const { runs, warnings, unfinished } = await nodesWithJob(2, limits.IDLE_TRANSACTION_MS + 1_500, 0);
  await eventually(() => expect(runs).toHaveLength(1), 3_000);
  while (!runs[0]?.ended) {
    expect(unfinished()).toHaveLength(1);
    await sleep(EVERY_MS);
  }
  await eventually(() => expect(runs.length).toBeGreaterThan(1), 3_000); // the next run begins, so the lock is still held
  expect(warnings).toEqual([]);
});

test("a job moves to another node when its node stops, which waits for the run under way", async () => {
  const { runs, unfinished } = await nodesWithJob(2, 500);
  await eventually(() => expect(unfinished()).toHaveLength(1), 3_000);
  const [first] = runs as [Run];
  const stopping = brokers.find(({ nodeID }) => nodeID === first.node);
  await stopping?.stop();
  expect(runs.filter(({ node, ended }) => node === first.node && !ended)).toEqual([]);
  await eventually(() => expect(runs.at(-1)?.node).not.toBe(first.node), 5_000);
});

test("a lock that is lost while its job runs is logged, and the next run waits until the lock is held again", async () => {
  const { runs, warnings, unfinished } = await nodesWithJob(1, 1_000);
  await eventually(() => expect(unfinished()).toHaveLength(1), 3_000);
  const db = databaseOf(brokers[0] as ServiceBroker, "clock");
  // Another session waits for the lock, so that it gets it in the moment in which the connection of this node ends.
  const done = Promise.withResolvers<void>();
  const holding = db.consume({ correlationId: "test", causationId: "test", traceparent: null }, async (tx) => {
    await tx.query("SET LOCAL lock_timeout = '5s'");
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('job/work', 0))");
    await done.promise;
  });
  await sleep(100);
  await db.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'locks'",
  );
  await eventually(() => expect(warnings).toEqual([expect.stringMatching(/lock of the job work was lost/)]), 2_000);
  await eventually(() => expect(unfinished()).toEqual([]), 3_000);
  await sleep(1_500); // more than one attempt to take the lock and many intervals of the job
  expect(runs).toHaveLength(1);
  done.resolve();
  await holding;
  await eventually(() => expect(runs.length).toBeGreaterThan(1), 3_000);
});

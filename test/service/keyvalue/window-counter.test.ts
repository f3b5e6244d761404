import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { WindowCounter } from "#lib/keyvalue/window-counter.ts";
import { eventually } from "#test/support/eventually.ts";
import { redisServer } from "#test/support/servers.ts";

const REDIS_TIMEOUT_MS = 200;
const counters: WindowCounter[] = [];

function counter(windowSeconds: number, redisUrl?: string): WindowCounter {
  const made = new WindowCounter({ name: "test:counter", windowSeconds, redisUrl, redisTimeoutMs: REDIS_TIMEOUT_MS });
  counters.push(made);
  return made;
}

afterEach(() => {
  for (const made of counters.splice(0)) made.close();
});

test("counts each key for itself, in a window that begins with its first count", async () => {
  const requests = counter(1);
  expect(await requests.read("a")).toEqual({ count: 0, endsInMs: 0 });
  expect(await requests.add("a")).toMatchObject({ count: 1 });
  await sleep(600);
  const second = await requests.add("a");
  expect(second.count).toBe(2);
  expect(second.endsInMs).toBeLessThanOrEqual(400);
  expect(await requests.read("b")).toMatchObject({ count: 0 });
  await sleep(600);
  expect(await requests.read("a")).toMatchObject({ count: 0 });
});

test("counts for all nodes in Redis, and for this node alone while Redis is unavailable", async () => {
  const redis = await redisServer({ own: true });
  try {
    const [one, other] = [counter(60, redis.url), counter(60, redis.url)];
    await eventually(async () => {
      await one.add("by one");
      await other.add("by other");
      expect((await other.read("by one")).count).toBeGreaterThan(0); // both are connected
      expect((await one.read("by other")).count).toBeGreaterThan(0);
    });
    for (let n = 0; n < 3; n++) await one.add("a");
    expect(await other.add("a")).toMatchObject({ count: 4 });
    await redis.kill();
    const began = performance.now();
    expect(await one.add("a")).toMatchObject({ count: 4 }); // it counted three of them itself
    expect(await other.add("a")).toMatchObject({ count: 2 });
    expect(performance.now() - began).toBeLessThan(2 * REDIS_TIMEOUT_MS + 500);
    await redis.start();
    expect(await one.read("a")).toMatchObject({ count: 4 }); // whether or not Redis has kept its data
  } finally {
    await redis.stop();
  }
});

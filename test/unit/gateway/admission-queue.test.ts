import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { AdaptiveConcurrencyLimiter } from "#services/platform/gateway/overload/adaptive-concurrency-limiter.ts";
import { AdmissionQueue } from "#services/platform/gateway/overload/admission-queue.ts";

const LIMIT = 10;
const CONCURRENCY = {
  INITIAL_CONCURRENCY: LIMIT,
  MIN_CONCURRENCY: LIMIT,
  MAX_CONCURRENCY: LIMIT,
  TARGET_LATENCY_MS: 150,
  TARGET_EVENT_LOOP_DELAY_MS: 20,
};
const QUEUE = { QUEUE_LENGTH: 30, QUEUE_WAIT_MS: 200, QUEUE_RECOVERY_MS: 300 };

const newQueue = () => new AdmissionQueue(new AdaptiveConcurrencyLimiter(CONCURRENCY), QUEUE);

/** A queue whose concurrency limit is reached. */
function newFullQueue(): AdmissionQueue {
  const queue = newQueue();
  for (let i = 0; i < LIMIT; i++) expect(queue.acquire()).toBe(true);
  return queue;
}

test("requests above the limit wait and start in the order of their arrival as others finish", async () => {
  const queue = newQueue();
  const order: number[] = [];
  const requests = Array.from({ length: LIMIT + QUEUE.QUEUE_LENGTH }, async (_, i) => {
    const admitted = await queue.acquire();
    order.push(i);
    await sleep(5);
    queue.release(5);
    return admitted;
  });
  expect(queue.length).toBe(QUEUE.QUEUE_LENGTH);
  expect(await Promise.all(requests)).toEqual(requests.map(() => true));
  expect(order).toEqual(requests.map((_, i) => i));
  expect(queue.length).toBe(0);
});

test("requests above the length of the queue are refused at once", () => {
  const queue = newQueue();
  const results = Array.from({ length: LIMIT + QUEUE.QUEUE_LENGTH + 5 }, () => queue.acquire());
  expect(results.filter((result) => result === true)).toHaveLength(LIMIT);
  expect(results.filter((result) => result === false)).toHaveLength(5);
});

test("a request is refused after the longest wait", async () => {
  const queue = newFullQueue();
  const startedAt = performance.now();
  expect(await queue.acquire()).toBe(false);
  expect(performance.now() - startedAt).toBeGreaterThan(QUEUE.QUEUE_WAIT_MS - 5);
  expect(queue.length).toBe(0);
});

test("a request whose client has disconnected does not start, and the next one takes its turn", async () => {
  const queue = newFullQueue();
  const aborted = queue.acquire(() => true);
  const next = queue.acquire();
  queue.release(5);
  expect(await aborted).toBe(false);
  expect(await next).toBe(true);
});

test("during an overload requests are refused at once, until none has come above the limit for the recovery time", async () => {
  const queue = newFullQueue();
  const first = queue.acquire();
  expect(first).toBeInstanceOf(Promise);
  await sleep(QUEUE.QUEUE_WAIT_MS + 20);
  expect(queue.acquire()).toBe(false);
  await sleep(QUEUE.QUEUE_RECOVERY_MS - 100);
  expect(queue.acquire()).toBe(false); // which starts the recovery time again
  await sleep(QUEUE.QUEUE_RECOVERY_MS + 20);
  expect(queue.acquire()).toBeInstanceOf(Promise);
  expect(await first).toBe(false);
});

test("it is known beforehand whether a request would be refused at once", async () => {
  const queue = newQueue();
  expect(queue.refuses()).toBe(false);
  for (let i = 0; i < LIMIT; i++) queue.acquire();
  expect(queue.refuses()).toBe(false); // the request could wait
  await sleep(QUEUE.QUEUE_WAIT_MS + 20);
  expect(queue.refuses()).toBe(true);
  expect(queue.acquire()).toBe(false);
  queue.release(5);
  expect(queue.refuses()).toBe(false);
  expect(queue.acquire()).toBe(true);
});

test("a request that is refused beforehand prolongs the overload like any other", async () => {
  const queue = newFullQueue();
  queue.refuses();
  for (let waited = 0; waited < QUEUE.QUEUE_RECOVERY_MS * 2; waited += 100) {
    await sleep(100);
    queue.refuses();
  }
  expect(queue.acquire()).toBe(false);
});

test("what is not worth waiting for takes half of the limit, and only while nobody waits", () => {
  const queue = newQueue();
  const spare = Array.from({ length: LIMIT }, () => queue.acquireSpare());
  expect(spare.filter(Boolean)).toHaveLength(LIMIT / 2);
  for (let i = 0; i < LIMIT / 2; i++) expect(queue.acquire()).toBe(true);
  void queue.acquire();
  expect(queue.length).toBe(1);
  for (let i = 0; i < LIMIT; i++) queue.release(5);
  void Array.from({ length: LIMIT + 1 }, () => queue.acquire());
  expect(queue.acquireSpare()).toBe(false);
});

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { AdaptiveConcurrencyLimiter } from "#services/platform/gateway/adaptive-concurrency-limiter.ts";
import { AdmissionQueue } from "#services/platform/gateway/admission-queue.ts";

const LIMIT = 10;
const WORK = { WORK_START: LIMIT, WORK_MIN: LIMIT, WORK_MAX: LIMIT, WORK_TARGET_MS: 150, LOOP_TARGET_MS: 20 };
const CROWD = { CROWD_WAITING: 30, CROWD_MS: 200, CROWD_CALM_MS: 300 };

const newLobby = () => new AdmissionQueue(new AdaptiveConcurrencyLimiter(WORK), CROWD);

test("a crowd waits for its turn, in its order, and is let in as others leave", async () => {
  const queue = newLobby();
  const order: number[] = [];
  const all = Array.from({ length: LIMIT + CROWD.CROWD_WAITING }, async (_, i) => {
    const admitted = await queue.enter();
    order.push(i);
    await sleep(5);
    queue.leave(5);
    return admitted;
  });
  expect(queue.waiting).toBe(CROWD.CROWD_WAITING);
  expect(await Promise.all(all)).toEqual(all.map(() => true));
  expect(order).toEqual(all.map((_, i) => i));
  expect(queue.waiting).toBe(0);
});

test("more than the queue holds are refused at once", () => {
  const queue = newLobby();
  const answers = Array.from({ length: LIMIT + CROWD.CROWD_WAITING + 5 }, () => queue.enter());
  expect(answers.filter((answer) => answer === true)).toHaveLength(LIMIT);
  expect(answers.filter((answer) => answer === false)).toHaveLength(5);
});

test("who waited for as long as anybody may is refused", async () => {
  const queue = newLobby();
  for (let i = 0; i < LIMIT; i++) expect(queue.enter()).toBe(true);
  const began = performance.now();
  expect(await queue.enter()).toBe(false);
  expect(performance.now() - began).toBeGreaterThan(CROWD.CROWD_MS - 5);
  expect(queue.waiting).toBe(0);
});

test("who left before its turn does not begin, and takes nobody's place", async () => {
  const queue = newLobby();
  for (let i = 0; i < LIMIT; i++) queue.enter();
  const gone = queue.enter(() => true);
  const next = queue.enter();
  queue.leave(5);
  expect(await gone).toBe(false);
  expect(await next).toBe(true);
});

test("in a crowd that does not end nobody waits, until it has been calm for a while", async () => {
  const queue = newLobby();
  for (let i = 0; i < LIMIT; i++) queue.enter();
  const first = queue.enter();
  expect(first).toBeInstanceOf(Promise);
  await sleep(CROWD.CROWD_MS + 20);
  expect(queue.enter()).toBe(false);
  await sleep(CROWD.CROWD_CALM_MS - 100);
  expect(queue.enter()).toBe(false); // and seen again
  await sleep(CROWD.CROWD_CALM_MS + 20);
  expect(queue.enter()).toBeInstanceOf(Promise);
  expect(await first).toBe(false);
});

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { Admission } from "../../../services/platform/gateway/admission.ts";
import { Lobby } from "../../../services/platform/gateway/lobby.ts";

const LIMIT = 10;
const WORK = { WORK_START: LIMIT, WORK_MIN: LIMIT, WORK_MAX: LIMIT, WORK_TARGET_MS: 150, LOOP_TARGET_MS: 20 };
const CROWD = { CROWD_WAITING: 30, CROWD_MS: 200, CROWD_CALM_MS: 300 };

const newLobby = () => new Lobby(new Admission(WORK), CROWD);

test("a crowd waits for its turn, in its order, and is let in as others leave", async () => {
  const lobby = newLobby();
  const order: number[] = [];
  const all = Array.from({ length: LIMIT + CROWD.CROWD_WAITING }, async (_, i) => {
    const admitted = await lobby.enter();
    order.push(i);
    await sleep(5);
    lobby.leave(5);
    return admitted;
  });
  expect(lobby.waiting).toBe(CROWD.CROWD_WAITING);
  expect(await Promise.all(all)).toEqual(all.map(() => true));
  expect(order).toEqual(all.map((_, i) => i));
  expect(lobby.waiting).toBe(0);
});

test("more than the lobby holds are refused at once", () => {
  const lobby = newLobby();
  const answers = Array.from({ length: LIMIT + CROWD.CROWD_WAITING + 5 }, () => lobby.enter());
  expect(answers.filter((answer) => answer === true)).toHaveLength(LIMIT);
  expect(answers.filter((answer) => answer === false)).toHaveLength(5);
});

test("who waited for as long as anybody may is refused", async () => {
  const lobby = newLobby();
  for (let i = 0; i < LIMIT; i++) expect(lobby.enter()).toBe(true);
  const began = performance.now();
  expect(await lobby.enter()).toBe(false);
  expect(performance.now() - began).toBeGreaterThan(CROWD.CROWD_MS - 5);
  expect(lobby.waiting).toBe(0);
});

test("who left before its turn does not begin, and takes nobody's place", async () => {
  const lobby = newLobby();
  for (let i = 0; i < LIMIT; i++) lobby.enter();
  const gone = lobby.enter(() => true);
  const next = lobby.enter();
  lobby.leave(5);
  expect(await gone).toBe(false);
  expect(await next).toBe(true);
});

test("in a crowd that does not end nobody waits, until it has been calm for a while", async () => {
  const lobby = newLobby();
  for (let i = 0; i < LIMIT; i++) lobby.enter();
  const first = lobby.enter();
  expect(first).toBeInstanceOf(Promise);
  await sleep(CROWD.CROWD_MS + 20);
  expect(lobby.enter()).toBe(false);
  await sleep(CROWD.CROWD_CALM_MS - 100);
  expect(lobby.enter()).toBe(false); // and seen again
  await sleep(CROWD.CROWD_CALM_MS + 20);
  expect(lobby.enter()).toBeInstanceOf(Promise);
  expect(await first).toBe(false);
});

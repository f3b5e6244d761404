import { expect, test } from "@jest/globals";
import type { Log } from "#lib/log.ts";
import { type Claim, WorkQueue } from "#lib/work-queue/work-queue.ts";

const LOG: Log = { debug() {}, info() {}, warn() {}, error() {} };
const BOUNDS = { concurrency: 2, batch: 10, leaseMs: 1_000, pollMs: 600_000 };
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

/** A queue whose due items are in memory, and whose attempts end when the test says so. */
function memoryQueue(due: string[], { bounds = BOUNDS, log = LOG } = {}) {
  const claims: Claim[] = [];
  const recorded: string[][] = [];
  const attempts = new Map<string, () => void>();
  let broken = false;
  const queue = new WorkQueue<string, string>({
    name: "numbers",
    bounds,
    log,
    claim: async (claim) => {
      claims.push(claim);
      if (broken) throw new Error("The database is down.");
      if ("limit" in claim) return due.splice(0, claim.limit);
      return claim.ids.filter((id) => due.includes(id) && due.splice(due.indexOf(id), 1));
    },
    attempt: (id) => new Promise((resolve) => attempts.set(id, () => resolve(id))),
    record: async (ids) => {
      if (ids.includes("poison")) throw new Error("It cannot be recorded.");
      recorded.push([...ids]);
      return ids.includes("parent") ? ["child"] : [];
    },
    idOf: (id) => id,
  });
  return {
    queue,
    claims,
    recorded,
    attempts,
    finish: (...ids: string[]) => {
      for (const id of ids) attempts.get(id)?.();
    },
    setBroken: (value: boolean) => {
      broken = value;
    },
  };
}

test("a stop waits for the attempts under way, records them and claims nothing more", async () => {
  const { queue, attempts, finish, recorded, claims } = memoryQueue(["1", "2", "3"]);
  queue.start();
  await turn();
  expect([...attempts.keys()]).toEqual(["1", "2"]);
  let stopped = false;
  const stop = queue.stop().then(() => {
    stopped = true;
  });
  await turn();
  expect(stopped).toBe(false);
  finish("1", "2");
  await stop;
  expect(recorded.flat()).toEqual(["1", "2"]);
  expect(claims).toHaveLength(1);
});

test("items announced in one turn are claimed by their ids, together", async () => {
  const due: string[] = [];
  const { queue, claims, attempts, finish } = memoryQueue(due);
  queue.start();
  await turn();
  due.push("1", "2");
  queue.wake(["1"]);
  queue.wake(["2"]);
  await turn();
  expect(claims.slice(1)).toEqual([{ ids: ["1", "2"] }]);
  expect([...attempts.keys()]).toEqual(["1", "2"]);
  finish("1", "2");
  await queue.stop();
});

test("announcements beyond the concurrency are found by a look for due items", async () => {
  const due = ["1", "2", "3", "4"];
  const { queue, attempts, finish, recorded } = memoryQueue(due);
  for (const id of [...due]) queue.wake([id]);
  await turn();
  expect(attempts.size).toBe(2);
  finish("1", "2");
  await turn();
  expect(attempts.size).toBe(4);
  finish("3", "4");
  await queue.stop();
  expect(recorded.flat().sort()).toEqual(["1", "2", "3", "4"]);
});

test("items that follow from an outcome begin at once", async () => {
  const { queue, attempts, finish } = memoryQueue(["parent", "child"], { bounds: { ...BOUNDS, concurrency: 1 } });
  queue.wake(["parent"]);
  await turn();
  finish("parent");
  await turn();
  expect(attempts.has("child")).toBe(true);
  finish("child");
  await queue.stop();
});

test("an outcome that cannot be recorded is logged by its id, and the others of its batch are recorded", async () => {
  const errors: (object | undefined)[] = [];
  const log = { ...LOG, error: (_: string, facts?: object) => void errors.push(facts) };
  const { queue, finish, recorded } = memoryQueue(["poison", "good"], { log });
  queue.start();
  await turn();
  finish("poison", "good");
  await queue.stop();
  expect(recorded).toEqual([["good"]]);
  expect(errors).toMatchObject([{ item: "poison" }]);
});

test("a claim that fails is repeated by the poll", async () => {
  const { queue, attempts, finish, setBroken } = memoryQueue(["1"], { bounds: { ...BOUNDS, pollMs: 20 } });
  setBroken(true);
  queue.start();
  await turn();
  expect(attempts.size).toBe(0);
  setBroken(false);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(attempts.size).toBe(1);
  finish("1");
  await queue.stop();
});

test("items that their transaction has claimed begin without another claim, and wait for a worker when there is none", async () => {
  const { queue, claims, attempts, finish, recorded } = memoryQueue([]);
  expect(queue.room).toBe(2);
  queue.begin(["1"]);
  expect([...attempts.keys()]).toEqual(["1"]);
  expect(queue.room).toBe(1);
  queue.begin(["2", "3"]); // another transaction has counted on the same room
  expect([...attempts.keys()]).toEqual(["1", "2"]);
  expect(queue.room).toBe(0);
  finish("1");
  await turn();
  expect([...attempts.keys()]).toEqual(["1", "2", "3"]);
  finish("2", "3");
  await turn();
  expect(queue.room).toBe(2);
  expect(recorded.flat()).toEqual(["1", "2", "3"]);
  expect(claims).toEqual([]);
  await queue.stop();
  expect(queue.room).toBe(0);
  queue.begin(["4"]);
  expect(attempts.has("4")).toBe(false); // another node finds it when its lease ends
});

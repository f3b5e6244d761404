import { afterEach, expect, test } from "@jest/globals";
import { PermanentFailure } from "#lib/work-queue/table-queue.ts";
import { WorkTable } from "#lib/work-queue/work-table.ts";
import { eventually } from "#test/support/eventually.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { type Letter, type LettersOptions, lettersHarness } from "./letters.ts";

type Letters = Awaited<ReturnType<typeof lettersHarness>>;

const nodes: Letters[] = [];

async function start(options: Partial<LettersOptions> = {}): Promise<Letters> {
  const node = await lettersHarness({ attempt: async () => undefined, ...options });
  nodes.push(node);
  return node;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

const ids = (count: number) => Array.from({ length: count }, (_, i) => `letter-${String(i).padStart(3, "0")}`);
const allDelivered = (node: Letters, count: number) =>
  eventually(async () => expect(await node.delivered()).toHaveLength(count));

test("does work once it is committed, writes the result and the event, and removes the item", async () => {
  const payloads: unknown[] = [];
  const node = await start({ attempt: async ({ payload }) => payloads.push(payload), bounds: { pollMs: 600_000 } });
  await node.send(["a", "b"]); // the poll is far away: only the wake-up after the commit can find them
  await allDelivered(node, 2);
  expect(payloads).toEqual([{ to: "a street" }, { to: "b street" }]);
  expect(await node.open()).toEqual([]);
  const events = await node.db.query("SELECT key, correlation_id FROM outbox ORDER BY key");
  expect(events).toEqual([
    { key: "a", correlation_id: "test" },
    { key: "b", correlation_id: "test" },
  ]);
});

test("does nothing of a transaction that is rolled back", async () => {
  const node = await start();
  const rolledBack = node.send(["lost"], {
    beforeCommit: () => {
      throw new Error("rolled back");
    },
  });
  await expect(rolledBack).rejects.toThrow("rolled back");
  await node.send(["kept"]);
  await allDelivered(node, 1);
  expect(await node.delivered()).toMatchObject([{ work_id: "kept" }]);
});

test("adds work with the same id once while it is open, and waits for its delay", async () => {
  const node = await start();
  await node.send(["later"], { delayMs: 60_000 });
  await node.send(["later", "now"]);
  await allDelivered(node, 1);
  expect(await node.open()).toMatchObject([{ work_id: "later", attempts: 0 }]);
});

test("retries a failed attempt, and parks it after the last one", async () => {
  const node = await start({
    attempt: async ({ workId, attempts }) => {
      if (workId === "never" || attempts < 3) throw new Error("The address is closed.");
    },
  });
  await node.send(["never", "third"]);
  await allDelivered(node, 1);
  expect(await node.delivered()).toMatchObject([{ work_id: "third", attempts: 3 }]);
  await eventually(async () =>
    expect(await node.open()).toEqual([
      { work_id: "never", attempts: 3, parked: true, last_error: "Error: The address is closed." },
    ]),
  );
});

test("parks a permanent failure at once, and operators can list, retry and discard it", async () => {
  let moved = true;
  const node = await start({
    attempt: async () => {
      if (moved) throw new PermanentFailure("There is no such address.");
    },
  });
  await node.send(["a", "b"]);
  const parked = () => node.operate("parkedWork", { queue: "deliver" });
  await eventually(async () => expect(await parked()).toMatchObject({ pagination: { total: 2 } }));
  expect(await parked()).toMatchObject({
    work: expect.arrayContaining([
      expect.objectContaining({
        workId: "a",
        payload: { to: "a street" },
        attempts: 1,
        error: "PermanentFailure: There is no such address.",
      }),
    ]),
  });
  expect(await node.operate("backbone")).toMatchObject({ alarms: { deliverParked: 2, deliverOverdue: 0 } });
  moved = false;
  await node.operate("retryWork", { queue: "deliver", workId: "a" });
  await allDelivered(node, 1);
  await node.operate("discardWork", { queue: "deliver", workId: "b" });
  expect(await node.open()).toEqual([]);
  for (const action of ["retryWork", "discardWork"] as const) {
    await expect(node.operate(action, { queue: "deliver", workId: "b" })).rejects.toMatchObject({ type: "NOT_FOUND" });
    await expect(node.operate(action, { queue: "other", workId: "b" })).rejects.toMatchObject({ type: "NOT_FOUND" });
  }
});

test("an attempt that hangs ends by its time-out and delays no other item", async () => {
  let aborted = false;
  const node = await start({
    bounds: { timeoutMs: 300 },
    attempt: (item, signal) =>
      item.workId === "slow" && item.attempts === 1
        ? new Promise(() => signal.addEventListener("abort", () => (aborted = true)))
        : Promise.resolve(),
  });
  await node.send(["slow", ...ids(20)]);
  await allDelivered(node, 21);
  expect((await node.delivered()).at(-1)).toMatchObject({ work_id: "slow", attempts: 2 });
  expect(aborted).toBe(true);
});

test("never exceeds its concurrency", async () => {
  let running = 0;
  let most = 0;
  const node = await start({
    bounds: { concurrency: 4, batch: 3 },
    attempt: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    },
  });
  await node.send(ids(30));
  await allDelivered(node, 30);
  expect(most).toBe(4);
});

test("two nodes share the work, and each item is done once", async () => {
  const first = await start();
  const second = await start({ namespace: first.namespace });
  await Promise.all([first.send(ids(40)), second.send(ids(80).slice(40))]);
  await allDelivered(first, 80);
  const delivered = await first.delivered();
  expect(new Set(delivered.map(({ work_id }) => work_id)).size).toBe(80);
  expect(new Set(delivered.map(({ node }) => node)).size).toBe(2);
});

test("takes over from a worker whose lease has ended, and ignores what that worker reports later", async () => {
  const held = Promise.withResolvers<void>();
  const node = await start({ attempt: () => held.promise, bounds: { pollMs: 600_000 } });
  const table = new WorkTable<Letter>("delivery");
  const work = { workId: "a", payload: { to: "a street" }, cause: TEST_CAUSE };
  await node.db.transaction(TEST_CAUSE, async (tx) => table.insert(tx, [work]));
  expect(await table.claim(node.db, { limit: 10 }, 400)).toMatchObject([{ workId: "a", attempts: 1 }]);
  expect(await table.claim(node.db, { ids: ["a"] }, 400)).toEqual([]); // leased
  await start({ namespace: node.namespace, attempt: () => held.promise });
  await eventually(async () => expect(await node.open()).toMatchObject([{ attempts: 2 }]));
  const late = { workId: "a", attempts: 1, error: "too late", retryMs: undefined };
  await node.db.transaction(TEST_CAUSE, async (tx) => table.fail(tx, [late]));
  expect(await node.open()).toMatchObject([{ parked: false, last_error: null }]);
  held.resolve();
  await allDelivered(node, 1);
  expect(await node.delivered()).toMatchObject([{ work_id: "a", attempts: 2 }]);
});

test("one result that cannot be recorded does not affect the others, and is parked in the end", async () => {
  const node = await start({
    bounds: { leaseMs: 250, timeoutMs: 200 },
    settling: (workIds) => {
      if (workIds.includes("poison")) throw new Error("The result does not fit its table.");
    },
  });
  await node.send(["poison", ...ids(10)]);
  await allDelivered(node, 10);
  await eventually(async () => expect(await node.open()).toMatchObject([{ work_id: "poison", parked: true }]));
});

test("a graceful stop records the attempts under way", async () => {
  const node = await start({ bounds: { concurrency: 2 } });
  const other = await start({ namespace: node.namespace, bounds: { pollMs: 600_000 } }); // to read after the stop
  await node.send(ids(60));
  await eventually(async () => expect((await node.delivered()).length).toBeGreaterThan(0));
  await node.stop();
  const open = await other.open();
  expect(open.filter(({ attempts }) => attempts > 0)).toEqual([]);
  expect(open.length + (await other.delivered()).length).toBe(60);
});

test("the fail points of a service follow from its queues", async () => {
  const { metadata } = await start();
  expect(metadata).toMatchObject({ commits: ["letters.deliver"], asks: [] });
});

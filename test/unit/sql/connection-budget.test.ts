import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type BudgetShare, ConnectionBudget } from "#lib/sql/connection-budget.ts";

/** A pool whose connections are in use until `idle` says otherwise; closing one takes a turn, as a server does. */
class FakePool {
  readonly share: BudgetShare;
  readonly #budget: ConnectionBudget;
  inUse = 0;
  idle = 0;
  closing = 0;
  wanted = 0;

  constructor(budget: ConnectionBudget) {
    this.#budget = budget;
    this.share = budget.join({
      closeIdle: () => {
        if (this.idle === 0) return false;
        this.idle -= 1;
        this.closing += 1;
        return true;
      },
    });
  }

  get open(): number {
    return this.inUse + this.idle + this.closing;
  }

  /** Takes an unused connection, or opens one as soon as it may. */
  use(): void {
    if (this.idle > 0) {
      this.idle -= 1;
      this.inUse += 1;
      return;
    }
    this.wanted += 1;
    void this.share.take().then(() => {
      this.wanted -= 1;
      this.inUse += 1;
    });
  }

  release(): void {
    if (this.inUse === 0) return;
    this.inUse -= 1;
    this.idle += 1;
    this.#budget.released(this.share);
  }

  endClosed(): void {
    for (; this.closing > 0; this.closing -= 1) this.share.give();
  }
}

const TOTAL = 10;
const RESERVED = 2;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function pools(count: number): FakePool[] {
  const budget = new ConnectionBudget(TOTAL, RESERVED);
  return Array.from({ length: count }, () => new FakePool(budget));
}

describe("a budget of connections", () => {
  test("leaves each service its reserved ones, whatever another one takes", async () => {
    const [greedy, ...others] = pools(4) as [FakePool, ...FakePool[]];
    for (let i = 0; i < 20; i++) greedy.use();
    await turn();
    expect(greedy.inUse).toBe(TOTAL - 3 * RESERVED);
    for (const other of others) for (let i = 0; i < RESERVED; i++) other.use();
    await turn();
    expect(others.map(({ inUse }) => inUse)).toEqual([RESERVED, RESERVED, RESERVED]);
  });

  test("closes unused connections of one service for another", async () => {
    const [first, second] = pools(2) as [FakePool, FakePool];
    for (let i = 0; i < TOTAL; i++) first.use();
    await turn();
    for (let i = 0; i < TOTAL; i++) first.release();
    for (let i = 0; i < 4; i++) second.use();
    await turn();
    expect([second.inUse, first.closing]).toEqual([RESERVED, 2]); // the others wait until these have ended
    first.endClosed();
    await turn();
    expect([second.inUse, first.idle]).toEqual([4, TOTAL - RESERVED - 2]);
  });

  test("closes a connection that becomes unused while another service waits", async () => {
    const [first, second] = pools(2) as [FakePool, FakePool];
    for (let i = 0; i < TOTAL; i++) first.use();
    for (let i = 0; i < RESERVED + 1; i++) second.use();
    await turn();
    expect(second.inUse).toBe(RESERVED);
    first.release();
    first.endClosed();
    await turn();
    expect(second.inUse).toBe(RESERVED + 1);
  });

  test("is never exceeded, and nobody waits while there is room", async () => {
    const step = fc.record({ pool: fc.nat(3), act: fc.constantFrom("use", "use", "release", "endClosed") });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const all = pools(4);
        for (const { pool, act } of steps) {
          all[pool]?.[act as "use"]();
          await turn();
          const taken = all.reduce((sum, { open }) => sum + Math.max(open, RESERVED), 0);
          expect(taken).toBeLessThanOrEqual(TOTAL);
          for (const { wanted, open } of all) if (wanted > 0) expect([taken, open >= RESERVED]).toEqual([TOTAL, true]);
        }
      }),
    );
  });
});

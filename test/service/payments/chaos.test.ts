import { expect, test } from "@jest/globals";
import type { Fault } from "#services/commerce/payments/providers/test-provider.ts";
import { eventually } from "#test/support/eventually.ts";
import { paymentsHarness } from "./payments-harness.ts";

const ORDERS = 40;
const FAULTS: readonly Fault[] = ["fail", "hang", "loseAnswer", "doAndHang", "keepFailure", "doAndKeepFailure"];
const SEED = Date.now() % 1_000_000;

/** The generator of Park and Miller: the same numbers for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test(`payments agree with the provider after failures of a third of all calls and cancels at any moment (seed ${SEED})`, async () => {
  const random = randomNumbers(SEED);
  const harness = await paymentsHarness({ timings: { timeoutMs: 200, leaseMs: 800, backoffCapMs: 200 } });
  try {
    harness.faults.next = () => (random() < 0.33 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined);
    const orders = Array.from({ length: ORDERS }, () => harness.order(10 + Math.floor(random() * 100)));
    let published = 0;
    await Promise.all(
      orders.map(async (order) => {
        const steps = [
          harness.publishCreated,
          harness.publishReserved,
          harness.publishConfirmed,
          harness.publishCancelled,
        ];
        if (random() < 0.5) steps.pop();
        for (const step of random() < 0.2 ? steps.reverse() : steps) {
          await new Promise((resolve) => setTimeout(resolve, random() * 300));
          await step(order);
          published += 1;
        }
      }),
    );
    await eventually(async () => {
      const applied = await harness.db.query("SELECT 1 FROM inbox");
      const open = await harness.db.query("SELECT 1 FROM operation WHERE state IN ('pending', 'unknown') LIMIT 1");
      if (open.length > 0 || applied.length < published)
        throw new Error("not all events are applied and all operations settled");
    }, 20_000);
    const moneyed = (reference: string) =>
      `SELECT ${reference} AS reference, held_minor, captured_minor, refunded_minor`;
    const someMoney = "held_minor + captured_minor + refunded_minor > 0 ORDER BY 1";
    const ours = await harness.db.query(`${moneyed("provider_reference")} FROM payment WHERE ${someMoney}`);
    const theirs = await harness.books.query(`${moneyed("charge_id")} FROM charge WHERE ${someMoney}`);
    expect(ours).toEqual(theirs);
    const twice = await harness.books.query("SELECT order_id FROM charge GROUP BY order_id HAVING count(*) > 1");
    expect(twice).toEqual([]);
    const cancelled = await harness.db.query<{ order_id: string }>("SELECT order_id FROM payable WHERE cancelled");
    const kept = await harness.books.query(
      "SELECT * FROM charge WHERE order_id = ANY ($1) AND (held_minor > 0 OR captured_minor > refunded_minor)",
      [cancelled.map(({ order_id }) => order_id)],
    );
    expect(kept).toEqual([]);
    const charged = await harness.books.query("SELECT 1 FROM charge");
    expect(charged.length).toBeGreaterThan(ORDERS / 3); // otherwise the test proves nothing
  } finally {
    await harness.stop();
  }
});

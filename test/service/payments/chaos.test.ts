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
    const different = await harness.db.query(
      `SELECT p.order_id, p.state, p.held_minor, p.captured_minor, p.refunded_minor, c.*
       FROM payment p FULL JOIN test_provider_charge c ON c.charge_id = p.provider_reference
       WHERE (coalesce(p.held_minor, 0), coalesce(p.captured_minor, 0), coalesce(p.refunded_minor, 0))
         IS DISTINCT FROM (coalesce(c.held_minor, 0), coalesce(c.captured_minor, 0), coalesce(c.refunded_minor, 0))`,
    );
    expect(different).toEqual([]);
    const twice = await harness.db.query(
      "SELECT order_id FROM test_provider_charge GROUP BY order_id HAVING count(*) > 1",
    );
    expect(twice).toEqual([]);
    const kept = await harness.db.query(
      `SELECT * FROM payable JOIN test_provider_charge USING (order_id)
       WHERE cancelled AND (held_minor > 0 OR captured_minor > refunded_minor)`,
    );
    expect(kept).toEqual([]);
    const charged = await harness.db.query("SELECT 1 FROM test_provider_charge");
    expect(charged.length).toBeGreaterThan(ORDERS / 3); // otherwise the test proves nothing
  } finally {
    await harness.stop();
  }
});

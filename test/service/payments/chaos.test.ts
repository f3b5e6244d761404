import { expect, test } from "@jest/globals";
import type { Fault } from "#services/commerce/payments/providers/test-provider.ts";
import { eventually } from "#test/support/eventually.ts";
import { openTill } from "./payments-harness.ts";

const ORDERS = 40;
const FAULTS: readonly Fault[] = ["fail", "hang", "loseAnswer", "doAndHang", "keepFailure", "doAndKeepFailure"];
const SEED = Date.now() % 1_000_000;

/** Park and Miller: small, and the same again for the same seed. */
function dice(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test(`a third of all calls go wrong, orders are cancelled at any moment: the books agree (seed ${SEED})`, async () => {
  const random = dice(SEED);
  const till = await openTill({ timings: { timeoutMs: 200, leaseMs: 800, backoffCapMs: 200 } });
  try {
    till.faults.next = () => (random() < 0.33 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined);
    const orders = Array.from({ length: ORDERS }, () => till.order(10 + Math.floor(random() * 100)));
    let said = 0;
    await Promise.all(
      orders.map(async (order) => {
        const steps = [till.created, till.reserved, till.confirmed, till.cancelled];
        if (random() < 0.5) steps.pop();
        for (const step of random() < 0.2 ? steps.reverse() : steps) {
          await new Promise((resolve) => setTimeout(resolve, random() * 300));
          await step(order);
          said += 1;
        }
      }),
    );
    await eventually(async () => {
      const heard = await till.db.query("SELECT 1 FROM inbox");
      const open = await till.db.query("SELECT 1 FROM operation WHERE state IN ('pending', 'unknown') LIMIT 1");
      if (open.length > 0 || heard.length < said) throw new Error("still at it");
    }, 20_000);
    const different = await till.db.query(
      `SELECT p.order_id, p.state, p.held_minor, p.captured_minor, p.refunded_minor, c.*
       FROM payment p FULL JOIN test_provider_charge c ON c.charge_id = p.provider_reference
       WHERE (coalesce(p.held_minor, 0), coalesce(p.captured_minor, 0), coalesce(p.refunded_minor, 0))
         IS DISTINCT FROM (coalesce(c.held_minor, 0), coalesce(c.captured_minor, 0), coalesce(c.refunded_minor, 0))`,
    );
    expect(different).toEqual([]);
    const twice = await till.db.query(
      "SELECT order_id FROM test_provider_charge GROUP BY order_id HAVING count(*) > 1",
    );
    expect(twice).toEqual([]);
    const kept = await till.db.query(
      `SELECT * FROM payable JOIN test_provider_charge USING (order_id)
       WHERE cancelled AND (held_minor > 0 OR captured_minor > refunded_minor)`,
    );
    expect(kept).toEqual([]);
    const charged = await till.db.query("SELECT 1 FROM test_provider_charge");
    expect(charged.length).toBeGreaterThan(ORDERS / 3); // or it proves nothing
  } finally {
    await till.stop();
  }
});

import { expect, test } from "@jest/globals";
import { claimOperations } from "#services/commerce/payments/operations.store.ts";
import { type Outcome, recordOutcomes } from "#services/commerce/payments/steps/record-outcomes.ts";
import { eventually } from "#test/support/eventually.ts";
import { paymentsHarness, staff } from "./payments-harness.ts";

const NO_QUEUE = {
  choose: () => "test" as const,
  queue: { room: 0, begin: () => {} },
  timings: { leaseMs: 1_000 },
  wake: () => {},
};

const CAUSE = { correlationId: "test", causationId: "test", traceparent: null };

test("two answers of one operation that are recorded together settle it once", async () => {
  const harness = await paymentsHarness({ captureOn: "handoff", timings: { timeoutMs: 2_000 } });
  try {
    const order = harness.order(100);
    await harness.publishCreated(order);
    const { paymentId } = await harness.authorize(order);
    await harness.call("payments.capture", { paymentId, amount: 100 }, staff);
    harness.faults.next = ({ what }) => (what === "refund" ? "hang" : undefined);
    const refund = harness.call("payments.refund", { paymentId, amount: 40, reason: "late" }, staff);
    const refunding = "SELECT operation_id FROM operation WHERE kind = 'refund'";
    const [stored] = await eventually(async () => {
      const rows = await harness.db.query<{ operation_id: string }>(refunding);
      expect(rows).toHaveLength(1);
      return rows;
    });
    const operationId = stored?.operation_id ?? "";

    // A second worker claims the operation while the first one waits, because the lease has ended.
    const claimed = await harness.db.transaction(CAUSE, async (tx) => {
      await tx.query("UPDATE operation SET due_at = now() WHERE operation_id = $1", [operationId]);
      return claimOperations(tx, { ids: [operationId] }, 60_000);
    });
    expect(claimed).toHaveLength(1);
    const both = [...claimed, ...claimed].map(
      (operation): Outcome => ({ operation, kind: "settled", answer: { kind: "refunded" } }),
    );
    expect(await recordOutcomes(harness.db, NO_QUEUE, CAUSE, both)).toEqual([]);

    expect(await refund).toMatchObject({ refundedAmount: 40 });
    await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
    const funds = "SELECT state, refunded_minor FROM payment WHERE order_id = $1";
    expect(await harness.db.query(funds, [order.orderId])).toEqual([{ state: "captured", refunded_minor: 4_000 }]);
  } finally {
    await harness.stop();
  }
});

import { expect, test } from "@jest/globals";
import { shownPaymentStatus, shownPaymentStatuses } from "#services/commerce/orders/domain/order.ts";

test("clients see the payment statuses of the REST contract and no others", () => {
  expect([...shownPaymentStatuses].sort()).toEqual([
    "authorized",
    "failed",
    "paid",
    "partially_refunded",
    "pending",
    "refunded",
    "requires_action",
    "voided",
  ]);
});

test("an order reads paid once all of it was captured", () => {
  expect(shownPaymentStatus("captured")).toBe("paid");
  expect(shownPaymentStatus("partially_captured")).toBe("authorized");
});

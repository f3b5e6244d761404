import { expect, test } from "@jest/globals";
import { orderLimits } from "#services/commerce/orders/domain/limits.ts";
import { messageForLongHold, type OrderStatus } from "#services/commerce/payments/domain/hold.ts";
import { paymentLimits } from "#services/commerce/payments/domain/limits.ts";
import { inputOf } from "#services/commerce/payments/domain/payable.ts";

const cancel = (reason: string) => ({ kind: "cancel", reason });
const leave = undefined;

test.each<[OrderStatus, object | undefined, object | undefined]>([
  // the order's status, with capture on confirmation, with capture at the hand-off
  [undefined, cancel("the order is unknown"), cancel("the order is unknown")],
  ["cancelled", cancel("the order is cancelled"), cancel("the order is cancelled")],
  ["refunded", cancel("the order is refunded"), cancel("the order is refunded")],
  ["confirmed", { kind: "captureAll" }, leave],
  ["pending_payment", leave, leave],
  ["paid", leave, leave],
  ["processing", leave, leave],
  ["shipped", leave, { kind: "captureAll" }],
  ["delivered", leave, { kind: "captureAll" }],
])("money held for long, its order %s", (status, onConfirmation, atHandoff) => {
  const message = messageForLongHold("ord_1", status);
  expect(message && inputOf(message, "confirmation")).toEqual(onConfirmation);
  expect(message && inputOf(message, "handoff")).toEqual(atHandoff);
});

test("no hold is asked about while its order's own deadlines may still end it", () => {
  expect(paymentLimits.HOLD_CHECK_MINUTES).toBeGreaterThan(
    orderLimits.ORDER_PAYMENT_MINUTES + orderLimits.ORDER_CAPTURE_MINUTES,
  );
});

import { toMinor } from "#lib/contract/money.ts";
import { payableConsumer } from "../steps/apply-messages.ts";

/** The order can be paid from now on. */
export const orderCreated = payableConsumer(
  "orders.OrderCreated",
  ({ orderId, customerId, totalAmount, currency, paymentMethodId, country = null }) => ({
    kind: "created",
    orderId,
    created: { customerId, amountMinor: toMinor(totalAmount, currency), currency, paymentMethodId, country },
  }),
  { canWait: true }, // the payment begins when the stock is reserved
);

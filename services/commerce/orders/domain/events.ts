import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { event } from "#lib/contract/contract.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { Text } from "#lib/contract/text.ts";
import { Line } from "./line-schemas.ts";
import { Discount, Tender } from "./price-schemas.ts";
import { CustomerId, OrderId, PaymentMethodId, Reason, Status, Total } from "./schemas.ts";

/** Lines of sellers also tell what of their price the seller does not get. */
const SoldLine = Type.Object({
  ...Line.properties,
  /** What promotions take off all its pieces. */
  discount: Type.Optional(Amount),
  /** The taxes that the price of all its pieces includes, also those that this buyer need not pay. */
  includedTax: Type.Optional(Amount),
});

/** What orders publishes. The key is the order, so that the events of one order stay in order. */
export const orderEvents = {
  OrderCreated: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({
      ...OrderId,
      ...CustomerId,
      items: Type.Array(SoldLine, { minItems: 1, maxItems: limits.ORDER_LINES }),
      ...Total,
      status: Type.Literal("pending_payment"),
      paymentMethodId: PaymentMethodId,
      country: Type.Optional(Text(56)),
      /** What promotions take off the items. */
      discounts: Type.Optional(Type.Array(Discount)),
      /** What gift cards and store credit pay of the total. Absent: the payment method pays all of it. */
      tenders: Type.Optional(Type.Array(Tender)),
      /** Some items are sold by sellers. */
      hasOffers: Type.Optional(Type.Literal(true)),
      /** It is charged after `fraud.ReviewApproved`. */
      underReview: Type.Optional(Type.Literal(true)),
    }),
  }),
  /** `confirmed` (or `shipped`, by CAPTURE_ON) asks payments to capture, and `paid` asks inventory to take the stock. */
  OrderStatusChanged: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({
      ...OrderId,
      ...CustomerId,
      previousStatus: Status,
      newStatus: Status,
      reason: Type.String({ examples: ["payment_captured"] }),
    }),
  }),
  /** Asks the others to release stock and authorisation, and to refund what was captured. At most once for each order. */
  OrderCancelled: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({
      ...OrderId,
      ...CustomerId,
      reason: Reason,
      refundAmount: Type.Number({ minimum: 0, description: "What was captured and not refunded yet" }),
      currency: Currency,
      /** The order waited for a decision on its risk until then. */
      underReview: Type.Optional(Type.Literal(true)),
    }),
  }),
};

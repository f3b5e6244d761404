import { Type } from "typebox";
import { event } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Amount } from "#lib/contract/money.ts";
import { CustomerAction, Money, OfOrder } from "./schemas.ts";

/** What payments publishes. The key is the order, so that the events of one order stay in order. */
export const paymentEvents = {
  PaymentAuthorized: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...OfOrder, ...Money, status: Type.Literal("authorized") }),
  }),
  PaymentActionRequired: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...OfOrder, ...Money, action: CustomerAction }),
  }),
  /** One for each capture: `amount` is the amount of this capture, `totalCaptured` the sum so far. */
  PaymentCompleted: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...OfOrder, ...Money, status: Type.Literal("captured"), totalCaptured: Amount }),
  }),
  PaymentFailed: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...OfOrder, ...Money, errorCode: Type.String(), errorMessage: Type.String() }),
  }),
  /** `amount` is the amount that was held. */
  PaymentVoided: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...OfOrder, ...Money, reason: Type.String() }),
  }),
  /** The customer pays with another method: the payment was voided while it waited, and another one has begun. */
  PaymentReplaced: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...OfOrder, ...Money, nextPaymentId: Id("payment") }),
  }),
  PaymentRefunded: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({
      refundId: Id("refund"),
      ...OfOrder,
      ...Money,
      reason: Type.String(),
      totalRefunded: Amount,
    }),
  }),
  /** The provider could not give money back that it had promised to: `totalRefunded` is what the customer really has. */
  PaymentRefundFailed: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...OfOrder, ...Money, totalRefunded: Amount }),
  }),
  /** The customer's bank has taken `amount` back. */
  DisputeOpened: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ disputeId: Id("dispute"), ...OfOrder, ...Money, reason: Type.String() }),
  }),
  /** `won`: the shop has the amount again. */
  DisputeClosed: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({
      disputeId: Id("dispute"),
      ...OfOrder,
      ...Money,
      outcome: Type.Union([Type.Literal("won"), Type.Literal("lost")]),
    }),
  }),
};

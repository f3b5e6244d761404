import { Type } from "typebox";
import { event } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Amount } from "#lib/contract/money.ts";
import { PROVIDER_NAMES } from "./provider-names.ts";
import { CustomerAction, Money, OfOrder } from "./schemas.ts";

/** Which provider has the money. Absent in events of before, which were of the test provider or of Stripe. */
const Via = { provider: Type.Optional(Type.Enum(PROVIDER_NAMES)) };

/** The parts of `amount` that gift cards and store credit pay, or get back. Absent: the provider has all of it. */
const Split = {
  tenders: Type.Optional(
    Type.Array(
      Type.Object({
        type: Type.Union([Type.Literal("giftCard"), Type.Literal("storeCredit")]),
        giftCardId: Type.Optional(Id("giftCard")),
        amount: Amount,
      }),
    ),
  ),
};

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
    data: Type.Object({
      ...OfOrder,
      ...Money,
      ...Via,
      ...Split,
      status: Type.Literal("captured"),
      totalCaptured: Amount,
    }),
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
      ...Via,
      ...Split,
      reason: Type.String(),
      totalRefunded: Amount,
    }),
  }),
  /** The provider could not give money back that it had promised to: `totalRefunded` is what the customer really has. */
  PaymentRefundFailed: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...OfOrder, ...Money, ...Via, totalRefunded: Amount }),
  }),
  /** The customer's bank has taken `amount` back. */
  DisputeOpened: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ disputeId: Id("dispute"), ...OfOrder, ...Money, ...Via, reason: Type.String() }),
  }),
  /** `won`: the shop has the amount again. */
  DisputeClosed: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({
      disputeId: Id("dispute"),
      ...OfOrder,
      ...Money,
      ...Via,
      outcome: Type.Union([Type.Literal("won"), Type.Literal("lost")]),
    }),
  }),
  /** The shop owes the bearer of a gift card `amount`. */
  GiftCardIssued: event({
    key: "giftCardId",
    version: "1.0",
    data: Type.Object({ giftCardId: Id("giftCard"), ...Money }),
  }),
  /** The shop owes the bearer of a gift card `amount` less: staff have ended what was left of it. */
  GiftCardDisabled: event({
    key: "giftCardId",
    version: "1.0",
    data: Type.Object({ giftCardId: Id("giftCard"), ...Money }),
  }),
  /** The shop owes a customer `amount`, to be spent on orders. */
  StoreCreditGranted: event({
    key: "customerId",
    version: "1.0",
    data: Type.Object({
      storeCreditId: Id("storeCredit"),
      customerId: Id("customer"),
      ...Money,
      reason: Type.String(),
    }),
  }),
  /** What a provider has kept for its service, from a charge or by itself. */
  ProviderFeeCharged: event({
    key: "provider",
    version: "1.0",
    data: Type.Object({
      provider: Type.Enum(PROVIDER_NAMES),
      movementId: Type.String({ description: "The provider's id of the movement" }),
      ...Money,
      paymentId: Type.Optional(Id("payment")),
      orderId: Type.Optional(Id("order")),
    }),
  }),
  /** A provider has sent `amount` to the shop's bank account. */
  ProviderPaidOut: event({
    key: "provider",
    version: "1.0",
    data: Type.Object({
      provider: Type.Enum(PROVIDER_NAMES),
      movementId: Type.String({ description: "The provider's id of the payout" }),
      ...Money,
    }),
  }),
};

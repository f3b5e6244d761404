import { Type } from "typebox";
import { internal, orHolderOf, ownerOr, staff } from "#lib/contract/access.ts";
import { action, contract, Exact, event, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { OrderToken } from "#services/commerce/orders/contract.ts";

export const paymentIds = defineIds({ payment: "pay", refund: "ref" });

const MethodId = Type.String({ minLength: 1, maxLength: 255, examples: ["pm_card_visa"] });
const Reason = Type.String({ minLength: 1, maxLength: 500, examples: ["requested_by_customer"] });
const CustomerAction = NamedObject("CustomerAction", {
  type: Type.String({ examples: ["redirect"] }),
  url: Type.String({ maxLength: 2_000, examples: ["https://bank.example/confirm"] }),
});

const Authorization = NamedObject("Authorization", {
  paymentId: Id("payment"),
  status: Type.Union([Type.Literal("authorized"), Type.Literal("captured")], {
    description: "`captured` when the payment was captured since, which the saga of an order does by itself",
  }),
  amount: Amount,
  currency: Currency,
  expiresAt: Timestamp,
});

const PaymentView = NamedObject("Payment", {
  paymentId: Id("payment"),
  orderId: Id("order"),
  status: Type.Union(
    [
      Type.Literal("authorizing"),
      Type.Literal("requires_action"),
      Type.Literal("authorized"),
      Type.Literal("captured"),
      Type.Literal("refunded"),
      Type.Literal("voided"),
      Type.Literal("failed"),
    ],
    { description: "`captured` as soon as a part is; `refunded` when everything captured was given back" },
  ),
  amount: Amount,
  currency: Currency,
  capturedAmount: Amount,
  refundedAmount: Amount,
  paymentMethod: Type.Union(
    [Type.Object({ type: Type.Literal("card"), last4: Type.String({ examples: ["4242"] }) }), Type.Null()],
    {
      description: "Null until the provider has named the card",
    },
  ),
  expiresAt: Type.Optional(Timestamp),
  action: Type.Optional(CustomerAction),
  declineCode: Type.Optional(Type.String({ examples: ["card_declined"] })),
  createdAt: Timestamp,
});

const OfOrder = { paymentId: Id("payment"), orderId: Id("order"), customerId: Id("customer") };
const Money = { amount: Amount, currency: Currency };

export const paymentErrors = defineErrors({
  PAYMENT_DECLINED: {
    status: 402,
    title: "The payment was declined",
    example: { detail: "Your card was declined.", declineCode: "card_declined" },
  },
  ORDER_NOT_PAYABLE: { status: 409, title: "The order cannot be paid" },
  PAYMENT_ALREADY_CAPTURED: { status: 409, title: "The payment is captured already" },
  INVALID_PAYMENT_STATE: { status: 409, title: "The payment is not in a state that allows this" },
  AMOUNT_TOO_HIGH: { status: 422, title: "The amount is above what is left" },
  PROVIDER_UNAVAILABLE: { status: 503, title: "The payment provider does not answer" },
});

const BOOKKEEPING = "Records of payments must be kept for the period that bookkeeping and tax law demand.";

export const payments = contract("payments", {
  summary: "Authorises, captures, voids and refunds what customers pay, at most once each.",
  personalData: {
    payable: { columns: ["customer_id", "payment_method_id"], subject: "customer_id", keptBecause: BOOKKEEPING },
    payment: {
      columns: ["customer_id", "payment_method_id", "card_last4", "provider_reference", "action", "replacement"],
      subject: "customer_id",
      keptBecause: BOOKKEEPING,
    },
    operation: {
      columns: ["client", "reason"], // the client is `customer:<id>` or `staff:<id>`
      subject: "client",
      keptBecause: BOOKKEEPING,
    },
  },
  actions: {
    authorize: action({
      summary: "Holds an order's total on a payment method. An order with a live payment is not charged again",
      description:
        "The saga of an order does this by itself; the request is for an order whose payment needs the customer. The amount is the total of the order. While the payment waits for the customer (`requires_action`), another method takes its place: the waiting payment is voided at the provider, and only then is the other method tried. A payment that is captured already answers as `captured`, and with `PAYMENT_ALREADY_CAPTURED` for another method than its own.",
      rest: "POST /payments/authorize",
      params: Exact({
        orderId: Id("order"),
        customerId: Id("customer"),
        amount: Amount,
        paymentMethodId: MethodId,
      }),
      returns: Authorization,
      headers: OrderToken,
      access: orHolderOf("orderToken", ownerOr("payments:write", "customerId")),
      errors: ["ORDER_NOT_PAYABLE", "PAYMENT_ALREADY_CAPTURED", "PAYMENT_DECLINED", "PROVIDER_UNAVAILABLE"],
      idempotent: true,
    }),
    confirm: action({
      summary: "Continues a payment after the customer has done what the provider asked for",
      description: "`paymentId` is in the answer of `GET /orders/{orderId}?expand=payment`.",
      rest: "POST /payments/:paymentId/confirm",
      params: Exact({ paymentId: Id("payment") }),
      returns: Authorization,
      headers: OrderToken,
      access: orHolderOf("orderToken", ownerOr("payments:write")),
      errors: ["INVALID_PAYMENT_STATE", "ORDER_NOT_PAYABLE", "PAYMENT_DECLINED", "PROVIDER_UNAVAILABLE"],
      idempotent: true,
    }),
    capture: action({
      summary: "Captures the authorised amount, or a part of it",
      description: "`paymentId` is in the answer of `GET /orders/{orderId}?expand=payment`.",
      rest: "POST /payments/:paymentId/capture",
      params: Exact({ paymentId: Id("payment"), amount: Amount }),
      returns: Type.Object({
        paymentId: Id("payment"),
        status: Type.Literal("captured"),
        capturedAmount: Type.Number({ description: "The amount of this request", examples: [14.5] }),
        currency: Currency,
        capturedAt: Timestamp,
      }),
      access: staff("payments:write"),
      errors: ["AMOUNT_TOO_HIGH", "INVALID_PAYMENT_STATE", "PAYMENT_DECLINED", "PROVIDER_UNAVAILABLE"],
      idempotent: true,
    }),
    refund: action({
      summary: "Refunds the captured amount, or a part of it",
      description: "`paymentId` is in the answer of `GET /orders/{orderId}?expand=payment`.",
      rest: "POST /payments/:paymentId/refund",
      params: Exact({ paymentId: Id("payment"), amount: Amount, reason: Reason }),
      returns: Type.Object({
        refundId: Id("refund"),
        paymentId: Id("payment"),
        status: Type.Literal("refunded"),
        refundedAmount: Type.Number({ description: "The amount of this request", examples: [14.5] }),
        currency: Currency,
        refundedAt: Timestamp,
      }),
      access: staff("payments:write"),
      errors: ["AMOUNT_TOO_HIGH", "INVALID_PAYMENT_STATE", "PAYMENT_DECLINED", "PROVIDER_UNAVAILABLE"],
      idempotent: true,
    }),
    get: action({
      summary: "One payment",
      description: "`paymentId` is in the answer of `GET /orders/{orderId}?expand=payment`.",
      rest: "GET /payments/:paymentId",
      params: Exact({ paymentId: Id("payment") }),
      returns: PaymentView,
      headers: OrderToken,
      access: orHolderOf("orderToken", ownerOr("payments:read")),
    }),
    ofOrder: action({
      summary: "The latest payment of an order, or null",
      params: Exact({ orderId: Id("order") }),
      returns: Type.Object({ payment: Type.Union([PaymentView, Type.Null()]) }),
      access: internal(),
      retryable: true,
    }),
  },
  events: {
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
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    payments: typeof payments;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    payments: typeof paymentErrors;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    payments: typeof paymentIds;
  }
}

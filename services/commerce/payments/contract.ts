import { Type } from "typebox";
import { anyone, internal, orHolderOf, ownerOr, staff } from "#lib/contract/access.ts";
import { action, contract, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { OrderToken } from "#services/commerce/orders/contract.ts";
import { disputeActions } from "./domain/dispute-actions.ts";
import { paymentEvents } from "./domain/events.ts";
import { paymentLimits } from "./domain/limits.ts";
import { providerActions } from "./domain/provider-actions.ts";
import { savedMethodActions } from "./domain/saved-method-actions.ts";
import {
  Authorization,
  DifferenceView,
  MethodId,
  NOTIFICATION_HEADERS,
  OperationId,
  ParkedOperation,
  PaymentView,
  RawRequest,
  Reason,
  Received,
} from "./domain/schemas.ts";
import { storedValueActions } from "./domain/stored-value-actions.ts";

export const paymentIds = defineIds({
  payment: "pay",
  refund: "ref",
  savedMethod: "pmeth",
  methodSetup: "psetup",
  dispute: "dp",
  giftCard: "gift",
  storeCredit: "credit",
});

export const paymentErrors = defineErrors({
  PAYMENT_DECLINED: {
    status: 402,
    title: "The payment was declined",
    example: { detail: "Your card was declined.", declineCode: "card_declined" },
  },
  ORDER_NOT_PAYABLE: { status: 409, title: "The order cannot be paid" },
  ORDER_UNDER_REVIEW: { status: 409, title: "The order is not charged before somebody of the shop has looked at it" },
  PAYMENT_ALREADY_CAPTURED: { status: 409, title: "The payment is captured already" },
  INVALID_PAYMENT_STATE: { status: 409, title: "The payment is not in a state that allows this" },
  AMOUNT_TOO_HIGH: { status: 422, title: "The amount is above what is left" },
  PROVIDER_UNAVAILABLE: { status: 503, title: "The payment provider does not answer" },
  SAVED_METHODS_UNAVAILABLE: { status: 503, title: "Saved payment methods cannot be used at the moment" },
  INVALID_SIGNATURE: { status: 400, title: "The notification is not genuine, or too old" },
  NOT_SUPPORTED: { status: 422, title: "The payment provider does not offer this" },
  GIFT_CARD_INVALID: {
    status: 422,
    title: "A gift card cannot be used for this purchase",
    example: {
      detail: "/giftCards/0 is the code of a gift card that has nothing left.",
      errors: [{ path: "/giftCards/0", message: "is the code of a gift card that has nothing left" }],
    },
  },
  DISPUTE_CLOSED: { status: 409, title: "The dispute takes no evidence any more" },
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
    notification: "none",
    notification_work: "none",
    data_key: "none",
    movement: "none",
    movement_position: "none",
    provider_customer: { columns: ["customer_id", "reference"], subject: "customer_id" },
    method_setup: { columns: ["customer_id", "reference", "customer_reference", "client"], subject: "customer_id" },
    saved_method: {
      columns: ["customer_id", "token", "customer_reference", "brand", "last4", "expires_month", "expires_year"],
      subject: "customer_id",
    },
    stored_value: { columns: ["account_id", "customer_id"], subject: "customer_id", keptBecause: BOOKKEEPING },
    // Of store credit the account names the customer, of a gift card nobody.
    stored_value_entry: { columns: ["account_id", "reason"], subject: "account_id", keptBecause: BOOKKEEPING },
    // The customer of a dispute, and of a difference, is the customer of its payment.
    dispute: { columns: ["reason"], subject: "payment_id", keptBecause: BOOKKEEPING },
    difference: { columns: ["wrong"], subject: "payment_id", keptBecause: BOOKKEEPING },
  },
  actions: {
    ...providerActions,
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
      errors: [
        "ORDER_NOT_PAYABLE",
        "ORDER_UNDER_REVIEW",
        "PAYMENT_ALREADY_CAPTURED",
        "PAYMENT_DECLINED",
        "PROVIDER_UNAVAILABLE",
      ],
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
    void: action({
      summary: "Releases the authorised amount; the order is cancelled",
      description:
        "Only before anything is captured; afterwards a refund gives the money back. Twice gives the same answer.",
      rest: "POST /payments/:paymentId/void",
      params: Exact({ paymentId: Id("payment") }),
      returns: Type.Object({ paymentId: Id("payment"), status: Type.Literal("voided") }),
      access: staff("payments:write"),
      errors: ["INVALID_PAYMENT_STATE", "PAYMENT_DECLINED", "PROVIDER_UNAVAILABLE"],
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
    methodsOf: action({
      summary: "What orders are paid with, for their invoices; orders without a payment are left out",
      params: Exact({ orderIds: Type.Array(Id("order"), { maxItems: paymentLimits.METHODS_PER_CALL }) }),
      returns: Type.Object({
        orders: Type.Array(Type.Object({ orderId: Id("order"), paymentMethod: PaymentView.properties.paymentMethod })),
      }),
      access: internal(),
      retryable: true,
    }),
    ofOrder: action({
      summary: "The latest payment of an order, or null",
      params: Exact({ orderId: Id("order") }),
      returns: Type.Object({ payment: Type.Union([PaymentView, Type.Null()]) }),
      access: internal(),
      retryable: true,
    }),
    ...savedMethodActions,
    receive: action({
      summary: "Notifications of a payment provider",
      description:
        "For the provider only: its signature is checked, and the event is stored and answered before it is processed. A repeated event is answered and ignored.",
      rest: "POST /webhooks/:provider",
      status: 204, // which MoMo asks for; the others take any 2xx
      params: Exact({ provider: Type.Enum(["stripe", "paypal", "momo", "test"]), ...RawRequest }),
      returns: Received,
      raw: true,
      bodyBytes: paymentLimits.NOTIFICATION_BYTES,
      headers: NOTIFICATION_HEADERS,
      access: anyone({ badToken: "ignored" }),
      errors: ["INVALID_SIGNATURE", "NOT_FOUND"],
    }),
    receiveVnpay: action({
      summary: "Notifications of VNPay, which sends them as GET",
      rest: "GET /webhooks/vnpay",
      params: Exact({ ...RawRequest }),
      returns: Received,
      raw: true,
      access: anyone({ badToken: "ignored" }),
      errors: ["INVALID_SIGNATURE", "NOT_FOUND"],
    }),
    listParked: action({
      summary: "Operations with a provider that ran out of tries, the newest first",
      rest: "GET /payment-operations",
      params: Exact({ ...Page }),
      returns: Type.Object({ operations: Type.Array(ParkedOperation), pagination: Pagination }),
      access: staff("payments:read"),
    }),
    retryParked: action({
      summary: "Lets an operation that ran out of tries be tried again",
      rest: "POST /payment-operations/:operationId/retry",
      status: 202,
      params: Exact({ operationId: OperationId }),
      returns: Type.Object({ operationId: OperationId, status: Type.Literal("due") }),
      access: staff("payments:write"),
    }),
    ...disputeActions,
    listDifferences: action({
      summary: "What providers say otherwise than the shop and nothing could repair, the newest first",
      rest: "GET /payment-differences",
      params: Exact({ ...Page }),
      returns: Type.Object({ differences: Type.Array(DifferenceView), pagination: Pagination }),
      access: staff("payments:read"),
    }),
    ...storedValueActions,
  },
  events: paymentEvents,
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

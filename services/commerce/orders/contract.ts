import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { customer, internal, orHolderOf, ownerOr, staff } from "#lib/contract/access.ts";
import { Address } from "#lib/contract/address.ts";
import { action, contract, Exact, Page } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { Text } from "#lib/contract/text.ts";
import { TaxIdText } from "#services/product/pricing/contract.ts";
import { CouponCode } from "#services/product/promotions/contract.ts";
import { orderEvents } from "./domain/events.ts";
import { orderLimits } from "./domain/limits.ts";
import { Lines, Quantity, SellerId } from "./domain/line-schemas.ts";
import { CartDiscounts } from "./domain/price-schemas.ts";
import {
  CustomerId,
  Fate,
  GuestEmail,
  GuestReceipt,
  OrderId,
  OrderList,
  OrderToInvoice,
  OrderView,
  PaymentMethodId,
  PLACE_ERRORS,
  Receipt,
  Request,
  ShippingMethod,
  Source,
  Status,
  StoredValue,
  TimelineStep,
} from "./domain/schemas.ts";
import { ofSeller } from "./domain/seller-orders.ts";

export type { ChangedPrice, GuestReceipt, OrderView, Receipt } from "./domain/schemas.ts";

const BillingAddress = Type.With(Address, {
  "x-name": "BillingAddress",
  description: "Where the invoice goes to; the shipping address unless given",
});

export const orderIds = defineIds({ order: "ord" });

export const orderErrors = defineErrors({
  ORDER_NOT_CANCELLABLE: { status: 409, title: "The order can no longer be cancelled" },
  ORDER_NOT_SHIPPABLE: { status: 409, title: "The order is not in a state in which its goods may leave" },
  COUPON_INVALID: { status: 422, title: "The coupon is not valid" },
  SOURCE_ORDERED: { status: 409, title: "This was ordered with other contents, another address or another method" },
  ANSWERED_BEFORE: { status: 409, title: "The request with this idempotency key was answered before" },
  SOURCE_ABANDONED: { status: 409, title: "This cannot be ordered any more" },
});

/** A guest proves with it that an order is theirs. */
export const OrderToken = {
  orderToken: { name: "X-Order-Token", description: "The `orderToken` of a guest's order" },
};

export const orders = contract("orders", {
  summary: "Orders from the purchase to their end, and the saga that moves them through stock and payment.",
  essential: true,
  actions: {
    create: action({
      summary: "Places an order at the prices that the customer was shown.",
      description:
        "Each item carries the price that the customer was shown. When it is not today's price, the answer is `PRICE_CHANGED` with both prices in `prices`, and nothing is ordered. An item with `sellerId` is the offer of that seller. `OUT_OF_STOCK` names in `items` what is missing, and `COUPON_INVALID` in `reason` why the coupon gives nothing. Promotions without a code are applied by themselves. While the stock cannot be checked the order is accepted, and it is cancelled if the stock cannot be reserved.",
      rest: "POST /orders",
      status: 201,
      params: Exact({
        ...CustomerId,
        items: Type.Array(
          Exact({
            productId: Id("product"),
            sku: Type.Optional(Sku),
            quantity: Quantity,
            price: Amount,
            sellerId: Type.Optional(SellerId),
          }),
          { minItems: 1, maxItems: limits.ORDER_LINES },
        ),
        shippingAddress: Address,
        billingAddress: Type.Optional(BillingAddress),
        paymentMethodId: PaymentMethodId,
        currency: Type.Optional(Currency),
        couponCode: Type.Optional(CouponCode),
        taxId: Type.Optional(TaxIdText),
      }),
      returns: Receipt,
      access: customer(),
      errors: ["COUPON_INVALID", "OUT_OF_STOCK", "PRICE_CHANGED", "UNKNOWN_PRODUCT"],
      idempotent: "optimistic",
      waits: { action: "orders.awaitSettled", param: "orderId" },
    }),
    get: action({
      summary: "One order.",
      rest: "GET /orders/:orderId",
      params: Exact(OrderId),
      headers: OrderToken,
      returns: OrderView,
      access: orHolderOf("orderToken", ownerOr("orders:read")),
      expand: {
        customer: { action: "customers.get", param: "customerId" },
        payment: { action: "payments.ofOrder", param: "orderId", accessOf: "payments.get" },
      },
    }),
    cancel: action({
      summary: "Cancels an order that is not shipped yet, and refunds what was paid.",
      description: "Cancelling a cancelled order again gives the same answer.",
      rest: "POST /orders/:orderId/cancel",
      params: Exact({ ...OrderId, reason: Type.Optional(Text(200)) }),
      headers: OrderToken,
      returns: Type.Object({ ...OrderId, status: Type.Literal("cancelled") }),
      access: orHolderOf("orderToken", ownerOr("orders:write")),
      errors: ["ORDER_NOT_CANCELLABLE"],
      idempotent: true,
    }),
    handOff: action({
      summary: "Says that the goods of an order were given to the carrier",
      description:
        "The order is `shipped`. With `CAPTURE_ON=handoff` the authorised payment is captured now. Twice gives the same answer.",
      rest: "POST /orders/:orderId/hand-off",
      params: Exact(OrderId),
      returns: Type.Object({ ...OrderId, status: Status }),
      access: staff("orders:write"),
      errors: ["ORDER_NOT_SHIPPABLE"],
      idempotent: true,
    }),
    ofCustomer: action({
      summary: "A customer's orders, the newest first.",
      rest: "GET /customers/:customerId/orders",
      params: Exact({ ...CustomerId, ...Page }),
      returns: OrderList,
      access: ownerOr("orders:read", "customerId"),
    }),
    ofSeller,
    list: action({
      summary: "All orders, the newest first.",
      rest: "GET /orders",
      params: Exact({ ...Page, status: Type.Optional(Status), customerId: Type.Optional(Id("customer")) }),
      returns: OrderList,
      access: staff("orders:read"),
    }),
    timeline: action({
      summary: "Every step of an order, with its cause, time and place.",
      rest: "GET /orders/:orderId/timeline",
      params: Exact(OrderId),
      headers: OrderToken,
      returns: Type.Object({ ...OrderId, steps: Type.Array(TimelineStep) }),
      access: orHolderOf("orderToken", ownerOr("orders:read")),
      stream: {
        summary: "The steps of an order as they happen, as server-sent events.",
        rest: "GET /orders/:orderId/stream",
        items: "steps",
        id: "version",
        event: "step",
        signal: "orders.changed",
        until: { property: "toStatus", values: ["delivered", "cancelled", "refunded"] },
      },
    }),
    place: action({
      summary: "Checks prices and stock of a purchase and turns it into an order, once for each source.",
      description:
        "A source that is an order already is answered with that order as it is now, whatever the check says, and with `SOURCE_ORDERED` when contents, address or methods differ. A product without a price is reported in `PRICE_CHANGED` with the current price null. Discounts that are lower than they were shown are reported in `discount` of `PRICE_CHANGED`.",
      params: Exact({
        ...CustomerId,
        source: Source,
        repeated: Type.Optional(
          Type.Boolean({ description: "The source may have been sent before: look for its order before the check" }),
        ),
        items: Lines,
        currency: Currency,
        shippingAddress: Address,
        billingAddress: Type.Optional(BillingAddress),
        shippingMethod: Type.Optional(ShippingMethod),
        paymentMethodId: PaymentMethodId,
        ...StoredValue,
        ...CartDiscounts,
        taxId: Type.Optional(TaxIdText),
        email: Type.Optional(GuestEmail),
        request: Type.Optional(
          Exact(Request, { description: "What the order answers: `orders.answerTo` gives the same answer again" }),
        ),
      }),
      returns: GuestReceipt,
      access: internal(),
      errors: PLACE_ERRORS,
      retryable: true,
      timeoutMs: orderLimits.PLACE_TIMEOUT_MS,
    }),
    answerTo: action({
      summary: "The answer that `orders.place` has stored for a request with an idempotency key.",
      params: Exact(Request),
      returns: Type.Object({ stored: Type.Union([Type.Object({ answer: GuestReceipt }), Type.Null()]) }),
      access: internal(),
      errors: ["IDEMPOTENCY_KEY_REUSED"],
      retryable: true,
    }),
    ofSource: action({
      summary: "What a source has become.",
      params: Exact({ source: Source }),
      returns: Fate,
      access: internal(),
      retryable: true,
    }),
    abandonSource: action({
      summary:
        "Keeps a source from becoming an order, also when a request for it is still under way, unless it is one.",
      params: Exact({ source: Source }),
      returns: Fate,
      access: internal(),
      retryable: true,
    }),
    checkToken: action({
      summary: "Whether a token is that of an order, for services whose objects belong to an order.",
      params: Exact({ ...OrderId, token: Type.String({ maxLength: 16_384 }) }),
      returns: Type.Object({ valid: Type.Boolean() }),
      access: internal(),
      retryable: true,
    }),
    awaitSettled: action({
      summary: "Answers when the order is paid, has ended or needs its customer, or when the given time is up.",
      params: Exact({ ...OrderId, waitSeconds: Type.Number({ minimum: 0, maximum: limits.PREFER_WAIT_SECONDS }) }),
      returns: Receipt,
      access: internal(),
      retryable: true,
      timeoutMs: limits.REQUEST_TIMEOUT_MS,
      concurrency: orderLimits.ORDER_WAITERS,
    }),
    statusOf: action({
      summary: "The status of many orders; unknown orders are left out.",
      params: Exact({ orderIds: Type.Array(Id("order"), { maxItems: orderLimits.ORDERS_PER_CALL }) }),
      returns: Type.Object({ orders: Type.Array(Type.Object({ ...OrderId, status: Status })) }),
      access: internal(),
      retryable: true,
    }),
    forInvoices: action({
      summary:
        "What invoices say of orders: of the first ones whose lines fit into an answer; unknown ones are left out.",
      params: Exact({ orderIds: Type.Array(Id("order"), { maxItems: orderLimits.ORDERS_PER_CALL }) }),
      returns: Type.Object({
        orders: Type.Array(OrderToInvoice),
        later: Type.Array(Id("order"), { description: "Those that a further call has to ask for" }),
      }),
      access: internal(),
      retryable: true,
    }),
  },
  personalData: {
    orders: {
      columns: [
        ...["customer_id", "email", "shipping_address", "billing_address", "payment_method_id", "reason", "tax_id"],
      ],
      subject: "customer_id", // of a guest: an id that only the orders of one cart have
      keptBecause: "Invoices, taxes and returns need the order until the retention period of the books has passed.",
    },
    order_line: "none",
    order_secret: "none",
    abandoned_source: "none",
    // The customer of a step is the customer of its order.
    order_history: {
      columns: ["detail"],
      subject: "order_id",
      keptBecause: "The history proves what happened to the order, and is kept as long as the order.",
    },
  },
  signals: {
    /** The history of an order has grown. `settled`: callers that wait for it need not wait longer. */
    changed: Type.Object({ ...OrderId, version: Type.Integer(), settled: Type.Boolean() }),
  },
  events: orderEvents,
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    orders: typeof orders;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    orders: typeof orderErrors;
  }
}

export { orderLimits } from "./domain/limits.ts";
export { GiftCardCode } from "./domain/schemas.ts";

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    orders: typeof orderIds;
  }
}

import { type Static, Type } from "typebox";
import { limits } from "#config/limits.ts";
import { customer, internal, ownerOr, staff } from "#lib/contract/access.ts";
import { addressFields } from "#lib/contract/address.ts";
import { action, contract, Exact, event, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { Text } from "#lib/contract/text.ts";
import { orderLimits } from "./domain/limits.ts";
import { orderStatuses, shippingStatuses, shownPaymentStatuses } from "./domain/order.ts";

export const orderIds = defineIds({ order: "ord" });

const Quantity = Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY });
const PaymentMethodId = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[!-~]+$",
  examples: ["pm_card_visa", "pm_card_chargeDeclined"],
});

const Status = Type.Enum(orderStatuses, {
  description: "Where the order is in its life; `delivered`, `cancelled` and `refunded` end it",
});
const PaymentStatus = Type.Enum(shownPaymentStatuses, {
  description: "`requires_action`: the customer has to confirm the payment, see `expand=payment`",
});
const ShippingStatus = Type.Enum(shippingStatuses);

const OrderId = { orderId: Id("order") };
const CustomerId = { customerId: Id("customer") };

const Address = Exact({ ...addressFields, country: Type.Optional(addressFields.country) });

const Line = Exact({
  productId: Id("product"),
  sku: Sku,
  title: Type.String({ maxLength: 200 }),
  quantity: Quantity,
  price: Amount,
});
const Lines = Type.Array(Line, { minItems: 1, maxItems: limits.ORDER_LINES });

const Total = { totalAmount: Amount, currency: Currency };
const Reason = Type.String({
  description: "Why the order was cancelled or refunded",
  examples: ["payment_declined:card_declined", "out_of_stock", "payment_deadline", "requested_by_customer"],
});

/** What a customer is told who has just bought something. */
const Receipt = Type.Object({
  ...OrderId,
  status: Status,
  ...Total,
  createdAt: Timestamp,
  estimatedDelivery: Timestamp,
  paymentStatus: PaymentStatus,
  reason: Type.Optional(Reason),
});
export type Receipt = Static<typeof Receipt>;

const OrderView = Type.Object({
  ...OrderId,
  ...CustomerId,
  status: Status,
  items: Lines,
  ...Total,
  paymentStatus: PaymentStatus,
  shippingStatus: ShippingStatus,
  shippingAddress: Address,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  estimatedDelivery: Timestamp,
  reason: Type.Optional(Reason),
});
export type OrderView = Static<typeof OrderView>;

const OrderList = Type.Object({ orders: Type.Array(OrderView), pagination: Pagination });

const TimelineStep = Type.Object({
  version: Type.Integer({ minimum: 1, description: "1, 2, 3 … without gaps" }),
  step: Type.String({
    description: "What happened",
    examples: ["OrderCreated", "PaymentAuthorized", "CancelRequested"],
  }),
  fromStatus: Type.Union([Status, Type.Null()], { description: "Null at the first step" }),
  toStatus: Status,
  cause: Type.String({ description: "The event or request that caused it" }),
  correlationId: Type.String({ description: "The request everything began with" }),
  service: Type.String({ description: "Where it happened" }),
  node: Type.String(),
  attempts: Type.Integer({ minimum: 1, description: "How many tries it took to apply; 1 unless something was wrong" }),
  at: Timestamp,
  detail: Type.Record(Type.String(), Type.Unknown()),
});

export const orderErrors = defineErrors({
  ORDER_NOT_CANCELLABLE: { status: 409, title: "The order can no longer be cancelled" },
  COUPON_INVALID: { status: 422, title: "The coupon is not valid" },
});

export const orders = contract("orders", {
  summary: "The life of an order, from the purchase to the end, and the saga that leads it there.",
  essential: true,
  actions: {
    create: action({
      summary: "Buys something at the prices the customer was shown",
      rest: "POST /orders",
      status: 201,
      params: Exact({
        ...CustomerId,
        items: Type.Array(
          Exact({ productId: Id("product"), sku: Type.Optional(Sku), quantity: Quantity, price: Amount }),
          { minItems: 1, maxItems: limits.ORDER_LINES },
        ),
        shippingAddress: Address,
        paymentMethodId: PaymentMethodId,
        currency: Type.Optional(Currency),
        couponCode: Type.Optional(Text(100)),
      }),
      returns: Receipt,
      access: customer(),
      errors: ["COUPON_INVALID", "OUT_OF_STOCK", "PRICE_CHANGED", "UNKNOWN_PRODUCT"],
      idempotent: true,
      waits: { action: "orders.awaitSettled", param: "orderId" },
    }),
    get: action({
      summary: "One order",
      rest: "GET /orders/:orderId",
      params: Exact(OrderId),
      returns: OrderView,
      access: ownerOr("orders:read"),
      expand: {
        customer: { action: "customers.get", param: "customerId" },
        payment: { action: "payments.ofOrder", param: "orderId" },
      },
    }),
    cancel: action({
      summary: "Cancels an order that was not handed over yet; what was paid is given back",
      rest: "POST /orders/:orderId/cancel",
      params: Exact({ ...OrderId, reason: Type.Optional(Text(200)) }),
      returns: Type.Object({ ...OrderId, status: Type.Literal("cancelled") }),
      access: ownerOr("orders:write"),
      errors: ["ORDER_NOT_CANCELLABLE"],
      idempotent: true,
    }),
    ofCustomer: action({
      summary: "A customer's orders, the newest first",
      rest: "GET /customers/:customerId/orders",
      params: Exact({ ...CustomerId, ...Page }),
      returns: OrderList,
      access: ownerOr("orders:read", "customerId"),
    }),
    list: action({
      summary: "All orders, the newest first",
      rest: "GET /orders",
      params: Exact({ ...Page, status: Type.Optional(Status), customerId: Type.Optional(Id("customer")) }),
      returns: OrderList,
      access: staff("orders:read"),
    }),
    timeline: action({
      summary: "Every step of an order, with what caused it, when and where",
      rest: "GET /orders/:orderId/timeline",
      params: Exact(OrderId),
      returns: Type.Object({ ...OrderId, steps: Type.Array(TimelineStep) }),
      access: ownerOr("orders:read"),
      stream: {
        summary: "The steps of an order as they happen, as server-sent events",
        rest: "GET /orders/:orderId/stream",
        items: "steps",
        id: "version",
        event: "step",
        signal: "orders.changed",
        until: { property: "toStatus", values: ["delivered", "cancelled", "refunded"] },
      },
    }),
    place: action({
      summary: "Turns something checked and priced into an order, once for each source",
      params: Exact({
        ...CustomerId,
        source: Type.String({ minLength: 1, maxLength: 200, examples: ["cart:cart_01h455vb4pex5vsknk084sn02q"] }),
        items: Lines,
        currency: Currency,
        shippingAddress: Address,
        paymentMethodId: PaymentMethodId,
      }),
      returns: Receipt,
      access: internal(),
      retryable: true,
    }),
    awaitSettled: action({
      summary: "Answers when the order is paid, over, or needs its customer, and after the time given at the latest",
      params: Exact({ ...OrderId, waitSeconds: Type.Number({ minimum: 0, maximum: limits.PREFER_WAIT_SECONDS }) }),
      returns: Receipt,
      access: internal(),
      retryable: true,
      timeoutMs: limits.REQUEST_TIMEOUT_MS,
      concurrency: orderLimits.ORDER_WAITERS,
    }),
    statusOf: action({
      summary: "Where many orders are; unknown ones are left out",
      params: Exact({ orderIds: Type.Array(Id("order"), { maxItems: orderLimits.ORDERS_PER_CALL }) }),
      returns: Type.Object({ orders: Type.Array(Type.Object({ ...OrderId, status: Status })) }),
      access: internal(),
      retryable: true,
    }),
  },
  signals: {
    /** An order's history grew. `settled`: whoever waits for it need not wait longer. */
    changed: Type.Object({ ...OrderId, version: Type.Integer(), settled: Type.Boolean() }),
  },
  events: {
    OrderCreated: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({
        ...OrderId,
        ...CustomerId,
        items: Lines,
        ...Total,
        status: Type.Literal("pending_payment"),
        paymentMethodId: PaymentMethodId,
      }),
    }),
    /** It can be paid for: capture what was authorised. Once for each order, at most. */
    OrderConfirmed: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({ ...OrderId, ...CustomerId, ...Total }),
    }),
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
    /** Give back what this order holds: pieces, authorisations, money. Once for each order, at most. */
    OrderCancelled: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({
        ...OrderId,
        ...CustomerId,
        reason: Reason,
        refundAmount: Type.Number({ minimum: 0, description: "What was captured and not given back yet" }),
        currency: Currency,
      }),
    }),
  },
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

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    orders: typeof orderIds;
  }
}

import { type Static, Type } from "typebox";
import { limits } from "#config/limits.ts";
import { storedAddressFields } from "#lib/contract/address.ts";
import { Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { Named, NamedExact, NamedObject } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { FormedText } from "#lib/contract/text.ts";
import { Email } from "#services/identity/auth/contract.ts";
import { orderStatuses, shippingStatuses, shownPaymentStatuses } from "./order.ts";
import { shippingMethods } from "./shipping-methods.ts";

// The schemas that several actions and events of the contract share.

export const Quantity = Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY, examples: [1] });
export const PaymentMethodId = FormedText("the id of a payment method", "^[!-~]+$", {
  minLength: 1,
  maxLength: 255,
  examples: ["pm_card_visa", "pm_card_chargeDeclined"],
});

export const Status = Type.Enum(orderStatuses, {
  description: "The state of the order; `delivered`, `cancelled` and `refunded` are final",
  "x-name": "OrderStatus",
});
export const PaymentStatus = Type.Enum(shownPaymentStatuses, {
  description: "`requires_action`: the customer has to confirm the payment, see `expand=payment`",
  "x-name": "OrderPaymentStatus",
});
export const ShippingStatus = Named("ShippingStatus", Type.Enum(shippingStatuses));

export const OrderId = { orderId: Id("order") };
export const CustomerId = { customerId: Id("customer") };

/** The customer of an order. */
const BuyerId = {
  customerId: Type.With(Id("customer"), {
    description:
      "The customer, or `guest_…`: all orders of one guest's cart have the same id of a guest, and no account has it",
  }),
};

export const ShippingMethod = Type.Enum(shippingMethods, {
  description: "How the order is sent",
  "x-name": "ShippingMethod",
});
export const GuestEmail = Type.With(Email, {
  description: "Where a guest is reached: there is no account with an address",
});

/** Orders that were placed before the shop had a country of its own may have an address without one. */
const StoredAddress = NamedExact("OrderAddress", {
  ...storedAddressFields,
  country: Type.Optional(storedAddressFields.country),
});

export const Line = NamedExact("OrderLine", {
  productId: Id("product"),
  sku: Sku,
  title: Type.String({ maxLength: 200, examples: ["Enamel Mug"] }),
  quantity: Quantity,
  price: Amount,
});
export const Lines = Type.Array(Line, { minItems: 1, maxItems: limits.ORDER_LINES });

export const Total = { totalAmount: Amount, currency: Currency };
export const Reason = Type.String({
  description: "Why the order was cancelled or refunded",
  examples: ["payment_declined:card_declined", "out_of_stock", "payment_deadline", "requested_by_customer"],
});

/** The answer to a purchase. */
export const Receipt = NamedObject("OrderReceipt", {
  ...OrderId,
  status: Status,
  ...Total,
  createdAt: Timestamp,
  estimatedDelivery: Timestamp,
  paymentStatus: PaymentStatus,
  reason: Type.Optional(Reason),
});
export type Receipt = Static<typeof Receipt>;

/** The answer to a purchase that a guest may have made. */
export const GuestReceipt = NamedObject("GuestOrderReceipt", {
  ...Receipt.properties,
  orderToken: Type.Optional(
    Type.String({
      description:
        "Only for guests: it gives access to this order, sent as `X-Order-Token`. The same order always has the same token",
      examples: ["fQ0tT5sC1mJx8zq3vVw2bA"],
    }),
  ),
});
export type GuestReceipt = Static<typeof GuestReceipt>;

export const OrderView = NamedObject("Order", {
  ...OrderId,
  ...BuyerId,
  email: Type.Optional(GuestEmail),
  status: Status,
  items: Lines,
  ...Total,
  paymentStatus: PaymentStatus,
  shippingStatus: ShippingStatus,
  shippingAddress: Personal(StoredAddress),
  shippingMethod: ShippingMethod,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  estimatedDelivery: Timestamp,
  reason: Type.Optional(Reason),
});
export type OrderView = Static<typeof OrderView>;

export const OrderList = Type.Object({ orders: Type.Array(OrderView), pagination: Pagination });

export const TimelineStep = NamedObject("TimelineStep", {
  version: Type.Integer({ minimum: 1, description: "1, 2, 3 … without gaps" }),
  step: Type.String({
    description: "What happened",
    examples: ["OrderCreated", "PaymentAuthorized", "CancelRequested"],
  }),
  fromStatus: Type.Union([Status, Type.Null()], { description: "Null at the first step" }),
  toStatus: Status,
  cause: Type.String({
    description: "Id of the event or request that caused it",
    examples: ["req_01h455vb4pex5vsknk084sn02q"],
  }),
  correlationId: Type.String({
    description: "Id of the request that all of this follows from",
    examples: ["req_01h455vb4pex5vsknk084sn02q"],
  }),
  service: Type.String({ description: "The service in which it happened", examples: ["orders"] }),
  node: Type.Optional(
    Type.String({ description: "The node on which it happened; for staff only", examples: ["shop-1"] }),
  ),
  attempts: Type.Integer({
    minimum: 1,
    description: "How often it was tried until it was applied; 1 unless something failed",
  }),
  at: Timestamp,
  detail: Type.Record(Type.String(), Type.Unknown(), { description: "What belongs to the step", examples: [{}] }),
});

export const Source = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "What becomes the order. A source that is an order already is answered with that order",
  examples: ["cart:cart_01h455vb4pex5vsknk084sn02q"],
});

/** A request with an idempotency key; see `IdempotentRequest`. */
export const Request = {
  caller: Type.String(),
  action: Type.String(),
  key: Type.String({ maxLength: limits.IDEMPOTENCY_KEY_CHARS }),
  requestHash: Type.String(),
};

/** What a source has become. */
export const Fate = Type.Object({
  order: Type.Union([Type.Object({ ...OrderId, status: Status }), Type.Null()]),
  abandoned: Type.Boolean({ description: "It cannot become an order any more" }),
});

/** An entry of `prices` in the data of PRICE_CHANGED. */
export interface ChangedPrice {
  sku: string;
  shown: number;
  /** Null: there is no price any more. */
  current: number | null;
  currency: string;
}

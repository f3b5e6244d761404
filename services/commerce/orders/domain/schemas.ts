import { type Static, Type } from "typebox";
import { limits } from "#config/limits.ts";
import { addressFields, storedAddressFields } from "#lib/contract/address.ts";
import { Exact, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { Personal } from "#lib/contract/personal.ts";
import { orderStatuses, shippingStatuses, shownPaymentStatuses } from "./order.ts";

// The schemas that several actions and events of the contract share.

export const Quantity = Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY });
export const PaymentMethodId = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[!-~]+$",
  examples: ["pm_card_visa", "pm_card_chargeDeclined"],
});

export const Status = Type.Enum(orderStatuses, {
  description: "The state of the order; `delivered`, `cancelled` and `refunded` are final",
});
export const PaymentStatus = Type.Enum(shownPaymentStatuses, {
  description: "`requires_action`: the customer has to confirm the payment, see `expand=payment`",
});
export const ShippingStatus = Type.Enum(shippingStatuses);

export const OrderId = { orderId: Id("order") };
export const CustomerId = { customerId: Id("customer") };

export const Address = Exact(addressFields);
/** Orders that were placed before the shop had a country of its own may have an address without one. */
const StoredAddress = Exact({ ...storedAddressFields, country: Type.Optional(storedAddressFields.country) });

export const Line = Exact({
  productId: Id("product"),
  sku: Sku,
  title: Type.String({ maxLength: 200 }),
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
export const Receipt = Type.Object({
  ...OrderId,
  status: Status,
  ...Total,
  createdAt: Timestamp,
  estimatedDelivery: Timestamp,
  paymentStatus: PaymentStatus,
  reason: Type.Optional(Reason),
});
export type Receipt = Static<typeof Receipt>;

export const OrderView = Type.Object({
  ...OrderId,
  ...CustomerId,
  status: Status,
  items: Lines,
  ...Total,
  paymentStatus: PaymentStatus,
  shippingStatus: ShippingStatus,
  shippingAddress: Personal(StoredAddress),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  estimatedDelivery: Timestamp,
  reason: Type.Optional(Reason),
});
export type OrderView = Static<typeof OrderView>;

export const OrderList = Type.Object({ orders: Type.Array(OrderView), pagination: Pagination });

export const TimelineStep = Type.Object({
  version: Type.Integer({ minimum: 1, description: "1, 2, 3 … without gaps" }),
  step: Type.String({
    description: "What happened",
    examples: ["OrderCreated", "PaymentAuthorized", "CancelRequested"],
  }),
  fromStatus: Type.Union([Status, Type.Null()], { description: "Null at the first step" }),
  toStatus: Status,
  cause: Type.String({ description: "Id of the event or request that caused it" }),
  correlationId: Type.String({ description: "Id of the request that all of this follows from" }),
  service: Type.String({ description: "The service in which it happened" }),
  node: Type.Optional(Type.String({ description: "The node on which it happened; for staff" })),
  attempts: Type.Integer({
    minimum: 1,
    description: "How often it was tried until it was applied; 1 unless something failed",
  }),
  at: Timestamp,
  detail: Type.Record(Type.String(), Type.Unknown()),
});

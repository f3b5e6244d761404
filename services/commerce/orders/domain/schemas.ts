import { type Static, Type } from "typebox";
import { limits } from "#config/limits.ts";
import { storedAddressFields } from "#lib/contract/address.ts";
import { Pagination, Timestamp } from "#lib/contract/contract.ts";
import type { ErrorCode } from "#lib/contract/errors.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { Named, NamedExact, NamedObject } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { FormedText } from "#lib/contract/text.ts";
import { Email } from "#services/identity/auth/contract.ts";
import { LineTaxMinor, TaxIdText, TaxMinor } from "#services/product/pricing/contract.ts";
import { CouponCode } from "#services/product/promotions/contract.ts";
import { orderLimits } from "./limits.ts";
import { Items, Parts, Quantity } from "./line-schemas.ts";
import { orderStatuses, shippingStatuses, shownPaymentStatuses } from "./order.ts";
import { Priced, Tender } from "./price-schemas.ts";
import { shippingMethods } from "./shipping-methods.ts";

// The schemas that several actions and events of the contract share.

export const PaymentMethodId = FormedText("the id of a payment method", "^[!-~]+$", {
  minLength: 1,
  maxLength: 255,
  examples: ["pm_card_visa", "pm_card_chargeDeclined"],
});

export const GiftCardCode = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "The code of a gift card. Letters in either case; spaces and hyphens do not count",
  examples: ["QR2M-X9KD-TTRV-V0HB-WXNE"],
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

const Minor = Type.Integer({ minimum: 0 });

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
export const StoredAddress = NamedExact("OrderAddress", {
  ...storedAddressFields,
  country: Type.Optional(storedAddressFields.country),
});

export const Total = { totalAmount: Amount, currency: Currency };
export const Reason = Type.String({
  description: "Why the order was cancelled or refunded",
  examples: ["payment_declined:card_declined", "out_of_stock", "payment_deadline", "requested_by_customer"],
});

/** Only where they apply. */
const Terms = {
  tenders: Type.Optional(
    Type.Array(Tender, {
      description: "What gift cards and store credit pay of the total; the payment method pays the rest",
    }),
  ),
  ...Priced,
  underReview: Type.Optional(
    Type.Literal(true, { description: "The order is charged when somebody of the shop has looked at it" }),
  ),
};

/** The answer to a purchase. */
export const Receipt = NamedObject("OrderReceipt", {
  ...OrderId,
  status: Status,
  ...Total,
  createdAt: Timestamp,
  estimatedDelivery: Timestamp,
  paymentStatus: PaymentStatus,
  reason: Type.Optional(Reason),
  ...Terms,
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
  items: Items,
  parts: Type.Optional(
    Type.With(Parts, { description: "What each seller sells of it, where some of it is of sellers" }),
  ),
  ...Total,
  paymentStatus: PaymentStatus,
  shippingStatus: ShippingStatus,
  shippingAddress: Personal(StoredAddress),
  billingAddress: Type.Optional(Personal(StoredAddress)),
  shippingMethod: ShippingMethod,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  estimatedDelivery: Timestamp,
  reason: Type.Optional(Reason),
  ...Terms,
});
export type OrderView = Static<typeof OrderView>;

/** An order as its invoice needs it, in minor units. */
export const OrderToInvoice = Type.Object({
  ...OrderId,
  ...BuyerId,
  email: Type.Union([GuestEmail, Type.Null()]),
  lines: Type.Array(
    Type.Object({
      ...{ sku: Sku, title: Type.String(), quantity: Quantity, priceMinor: Minor },
      discountMinor: Type.Optional(Minor),
      taxes: Type.Optional(Type.Array(LineTaxMinor)),
    }),
  ),
  discounts: Type.Optional(
    Type.Array(Type.Object({ name: Type.String(), code: Type.Optional(CouponCode), amountMinor: Minor })),
  ),
  totalMinor: Minor,
  currency: Currency,
  shippingAddress: Personal(StoredAddress),
  billingAddress: Type.Union([Personal(StoredAddress), Type.Null()]),
  tenders: Type.Array(
    Type.Object({ type: Tender.properties.type, last4: Tender.properties.last4, amountMinor: Minor }),
  ),
  taxes: Type.Array(TaxMinor),
  taxId: Type.Union([Type.Object({ number: TaxIdText }), Type.Null()]),
  createdAt: Timestamp,
});

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

/** What a purchase may be paid with before its payment method. */
export const StoredValue = {
  giftCards: Type.Optional(
    Type.Array(GiftCardCode, {
      uniqueItems: true,
      maxItems: orderLimits.ORDER_GIFT_CARDS,
      description: "Codes of gift cards, spent in this sequence before the payment method",
    }),
  ),
  storeCredit: Type.Optional(
    Type.Boolean({ description: "Whether the customer's store credit is spent, after gift cards" }),
  ),
};

/** What a purchase is refused with. */
export const PLACE_ERRORS: readonly ErrorCode[] = [
  "ANSWERED_BEFORE",
  "COUPON_INVALID",
  "GIFT_CARD_INVALID",
  "OUT_OF_STOCK",
  "PRICE_CHANGED",
  "RATE_LIMITED",
  "SOURCE_ABANDONED",
  "SOURCE_ORDERED",
];

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
  sellerId?: string;
  shown: number;
  /** Null: there is no price any more. */
  current: number | null;
  currency: string;
}

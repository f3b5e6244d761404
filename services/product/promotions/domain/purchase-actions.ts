import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { internal } from "#lib/contract/access.ts";
import { action, Empty, Exact } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Moment } from "#lib/contract/moment.ts";
import { Currency, MAX_MINOR } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { promotionLimits } from "./limits.ts";
import { REASONS } from "./reasons.ts";
import { CouponCode, PromotionName } from "./schemas.ts";

// The part of the contract that carts and orders use. Money is in integer minor units.

const Minor = Type.Integer({ minimum: 0, maximum: MAX_MINOR });
const Reason = Type.Enum([...REASONS], { "x-name": "PromotionReason" });
const PromotionId = { promotionId: Id("promotion") };
const Promotion = { ...PromotionId, name: PromotionName };

/** The buyer: a customer, or `guest_…`, whose uses cannot be told from those of other guests. */
const BuyerId = Type.String({ minLength: 1, maxLength: 64 });

export const Discount = NamedObject("AppliedDiscount", {
  ...Promotion,
  code: Type.Optional(CouponCode),
  amountMinor: Minor,
  shares: Type.Array(Minor, {
    description: "What comes off each line, in the order of the request; its sum is the amount",
  }),
});

export const Unused = NamedObject("UnusedPromotion", {
  promotionId: Type.Optional(Id("promotion")),
  name: Type.Optional(PromotionName),
  code: Type.Optional(CouponCode),
  reason: Reason,
  message: Type.String({ description: "For the customer", examples: ["Add items for 5.50 USD more."] }),
});

export const purchaseActions = {
  discounts: action({
    summary: "What promotions take off a purchase, and why others do not. It reserves nothing.",
    description:
      "A discount of 0 is not told, except that of free shipping in `freeShipping`. `unused` explains every coupon of the request that gives nothing, and some automatic promotions.",
    params: Exact({
      currency: Currency,
      customerId: Type.Optional(Type.With(BuyerId, { description: "Absent: a guest who is not known yet" })),
      lines: Type.Array(
        Exact({ sku: Sku, quantity: Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY }), priceMinor: Minor }),
        {
          maxItems: limits.ORDER_LINES,
        },
      ),
      coupons: Type.Array(CouponCode, { maxItems: promotionLimits.COUPONS_PER_CART }),
      without: Type.Optional(
        Type.Array(Id("promotion"), {
          maxItems: promotionLimits.PROMOTIONS_PER_CART,
          description: "Promotions that were refused when they were reserved",
        }),
      ),
      at: Type.Optional(Type.With(Moment, { description: "Which promotions hold; now unless given" })),
    }),
    returns: Type.Object({
      discounts: Type.Array(Discount),
      freeShipping: Type.Optional(Type.Object({ ...Promotion, code: Type.Optional(CouponCode) })),
      gifts: Type.Array(Type.Object({ ...PromotionId, sku: Sku }), { description: "Free when they are added" }),
      unused: Type.Array(Unused),
      any: Type.Boolean({
        description: "Whether there are promotions without a code that hold now or will within PROMOTIONS_KNOWN_MS",
      }),
    }),
    access: internal(),
    retryable: true,
  }),
  reserve: action({
    summary: "Reserves the uses of promotions for an order: all or none, once for each order.",
    description:
      "Empty `refused`: all are reserved, by this call or an earlier one. The reservation ends after PROMOTION_HOLD_MS unless its order exists then. `CONFLICT`: the uses of this order were given back already.",
    params: Exact({
      orderId: Id("order"),
      customerId: BuyerId,
      currency: Currency,
      usages: Type.Array(Exact({ ...PromotionId, code: Type.Optional(CouponCode), amountMinor: Minor }), {
        minItems: 1,
        maxItems: promotionLimits.PROMOTIONS_PER_CART,
      }),
    }),
    returns: Type.Object({
      refused: Type.Array(Type.Object({ ...PromotionId, code: Type.Optional(CouponCode), reason: Reason })),
    }),
    access: internal(),
    errors: ["CONFLICT"],
    retryable: true,
  }),
  giveBack: action({
    summary: "Gives the uses of an order back that was not stored, without waiting for their end.",
    params: Exact({ orderId: Id("order") }),
    returns: Empty,
    access: internal(),
    retryable: true,
  }),
};

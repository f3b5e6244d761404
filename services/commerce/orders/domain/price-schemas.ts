import { Type } from "typebox";
import { Id } from "#lib/contract/ids.ts";
import { Amount } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { TaxIdText, TaxLineView } from "#services/product/pricing/contract.ts";
import { CouponCode, promotionLimits } from "#services/product/promotions/contract.ts";

// What a purchase costs, and what pays it.

/** Amounts are in the currency of what they belong to. */
export const Tender = NamedObject("Tender", {
  type: Type.Union([Type.Literal("giftCard"), Type.Literal("storeCredit")]),
  giftCardId: Type.Optional(Id("giftCard")),
  last4: Type.Optional(Type.String({ description: "The end of the gift card's code", examples: ["7K2M"] })),
  amount: Amount,
});

/** What a promotion takes off a purchase. */
export const Discount = NamedObject("OrderDiscount", {
  promotionId: Id("promotion"),
  name: Type.String({ examples: ["10 % off your mugs"] }),
  code: Type.Optional(Type.With(CouponCode, { description: "The coupon that it was given for" })),
  amount: Type.With(Amount, { description: "0 for free shipping, because shipping costs nothing" }),
});

/** The discounts and taxes of a purchase, where it has any. */
export const Priced = {
  subtotal: Type.Optional(
    Type.With(Amount, { description: "The sum of the items before discounts, where there are discounts or taxes" }),
  ),
  discount: Type.Optional(Type.With(Amount, { description: "All discounts" })),
  discounts: Type.Optional(Type.Array(Discount, { description: "What promotions take off the items" })),
  tax: Type.Optional(Type.With(Amount, { description: "All taxes: those that are added, and those in the prices" })),
  taxLines: Type.Optional(Type.Array(TaxLineView, { description: "Each tax" })),
  taxId: Type.Optional(
    NamedObject("BuyerTaxId", {
      number: TaxIdText,
      checked: Type.Literal("format", { description: "Its form and check digits are right. VIES was not asked" }),
    }),
  ),
};

/** What a cart gets off. */
export const CartDiscounts = {
  coupons: Type.Optional(
    Type.Array(CouponCode, {
      maxItems: promotionLimits.COUPONS_PER_CART,
      description: "Codes of coupons; those that give nothing are no reason to refuse the purchase",
    }),
  ),
  shownDiscount: Type.Optional(
    Type.With(Amount, { description: "All discounts as the customer was shown them; none unless given" }),
  ),
};

import { toMajor } from "#lib/contract/money.ts";
import type { CallResult, ResultOf } from "#lib/contract/types.ts";
import { addedMinor, taxLineView } from "#services/product/pricing/contract.ts";
import type { carts } from "./contract.ts";
import { type Cart, subtotalMinor } from "./domain/cart.ts";
import { discountMinor, itemDiscountMinor } from "./domain/discounts.ts";

export type CartTaxes = CallResult<"pricing.taxes">["taxes"];

type CartView = ResultOf<typeof carts.actions.get>;
type Offer = Pick<CallResult<"promotions.discounts">, "freeShipping" | "gifts" | "unused">;

/** What is not stored in the cart. */
interface Shown {
  /** Of the order that the cart has become. */
  orderId?: string | undefined;
  /** Undefined: they are not known, or the shop has none. */
  taxes?: CartTaxes | undefined;
  offer?: Offer | undefined;
}

export function cartView(cartId: string, cart: Cart, { orderId, taxes = [], offer }: Shown = {}): CartView {
  const { currency, region } = cart;
  return {
    cartId,
    currency,
    ...(region === undefined ? {} : { region }),
    items: cart.items.map(({ priceMinor, byQuantity: _, ...item }, at) => ({
      ...item,
      price: toMajor(priceMinor, currency),
      lineTotal: toMajor(priceMinor * item.quantity, currency),
      ...(itemDiscountMinor(cart, at) === 0 ? {} : { discount: toMajor(itemDiscountMinor(cart, at), currency) }),
    })),
    ...offerView(cart, offer),
    totals: totalsView(cart, taxes),
    ...(orderId === undefined ? {} : { orderId }),
  };
}

/** What belongs to promotions, as far as there is something to say. */
function offerView({ coupons = [], discounts = [], currency }: Cart, offer: Offer | undefined) {
  const { gifts = [], unused = [], freeShipping } = offer ?? {};
  return {
    ...(coupons.length === 0 ? {} : { coupons: [...coupons] }),
    ...(discounts.length === 0
      ? {}
      : {
          discounts: discounts.map(({ promotionId, name, code, amountMinor }) => ({
            ...{ promotionId, name, amount: toMajor(amountMinor, currency) },
            ...(code === undefined ? {} : { code }),
          })),
        }),
    ...(freeShipping ? { freeShipping } : {}),
    ...(gifts.length === 0 ? {} : { gifts }),
    ...(unused.length === 0 ? {} : { unusedPromotions: unused }),
  };
}

function totalsView(cart: Cart, taxes: CartTaxes): CartView["totals"] {
  const [subtotal, discount] = [subtotalMinor(cart), discountMinor(cart)];
  const major = (minor: number) => toMajor(minor, cart.currency);
  return {
    subtotal: major(subtotal),
    ...(discount === 0 ? {} : { discount: major(discount) }),
    ...(taxes.length === 0
      ? {}
      : {
          tax: major(taxes.reduce((sum, { amountMinor }) => sum + amountMinor, 0)),
          taxLines: taxes.map((tax) => taxLineView(tax, cart.currency)),
        }),
    total: major(subtotal - discount + addedMinor(taxes)),
  };
}

import type { ActionContext } from "#mixins/service/context.ts";
import type { ItemPrice, Market } from "../domain/cart.ts";
import type { Deps } from "../setup.ts";
import { customerOf } from "./cart-access.ts";

/** Today's prices. */
export interface CurrentPrices {
  /** Of so many pieces each, by sku. A sku without a price is absent. */
  prices: ReadonlyMap<string, ItemPrice>;
  /** Whether the shop has rates of taxes. */
  taxed: boolean;
}

/** Today's prices in the cart's currency and for its region, and those of its customer. */
export async function currentPrices(
  ctx: ActionContext<Deps>,
  cartId: string,
  { currency, region = ctx.env.SHOP_COUNTRY }: Market,
  items: readonly { sku: string; quantity: number }[],
): Promise<CurrentPrices> {
  const quantities = Object.fromEntries(items.map(({ sku, quantity }) => [sku, quantity]));
  const { prices, taxed = false } = await ctx.call("pricing.prices", {
    skus: Object.keys(quantities),
    currency,
    for: { ...customerOf(ctx, cartId), region, quantities },
  });
  const priceOf = new Map(
    prices.map(({ sku, amountMinor, byQuantity }) => {
      const price = { quantity: quantities[sku] ?? 1, priceMinor: amountMinor };
      return [sku, byQuantity === undefined ? price : { ...price, byQuantity }];
    }),
  );
  return { prices: priceOf, taxed };
}

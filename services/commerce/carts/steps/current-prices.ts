import type { ActionContext } from "#mixins/service/context.ts";
import { offerKey } from "#services/product/sellers/contract.ts";
import type { CartItem, ItemPrice, Market } from "../domain/cart.ts";
import type { Deps } from "../setup.ts";
import { customerOf } from "./cart-access.ts";

/** Today's prices. */
export interface CurrentPrices {
  /** Of so many pieces each, by `offerKey`. What has no price is absent. */
  prices: ReadonlyMap<string, ItemPrice>;
  /** Whether the shop has rates of taxes. */
  taxed: boolean;
}

type Priced = Pick<CartItem, "sku" | "sellerId" | "quantity">;

/** Today's prices in the cart's currency and for its region, and those of its customer; offers have those of their sellers. */
export async function currentPrices(
  ctx: ActionContext<Deps>,
  cartId: string,
  market: Market,
  items: readonly Priced[],
): Promise<CurrentPrices> {
  const own = items.filter(({ sellerId }) => sellerId === undefined);
  const [{ prices, taxed }, offers] = await Promise.all([
    shopsPrices(ctx, cartId, market, own),
    offersOf(ctx, market, items),
  ]);
  return { prices: new Map([...prices, ...offers]), taxed };
}

/** Pricing is asked also about no goods: it says whether the shop has rates. */
async function shopsPrices(
  ctx: ActionContext<Deps>,
  cartId: string,
  { currency, region = ctx.env.SHOP_COUNTRY }: Market,
  items: readonly Priced[],
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

async function offersOf(
  ctx: ActionContext<Deps>,
  { currency }: Market,
  items: readonly Priced[],
): Promise<Map<string, ItemPrice>> {
  const named = items.flatMap(({ sku, sellerId }) => (sellerId === undefined ? [] : [{ sku, sellerId }]));
  if (named.length === 0) return new Map();
  const { offers } = await ctx.call("sellers.offersOf", { items: named, currency });
  const quantities = new Map(items.map((item) => [offerKey(item), item.quantity]));
  return new Map(
    offers.map((offer): [string, ItemPrice] => {
      const key = offerKey(offer);
      return [key, { quantity: quantities.get(key) ?? 1, priceMinor: offer.priceMinor }];
    }),
  );
}

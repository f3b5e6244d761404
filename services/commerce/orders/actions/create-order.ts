import { limits } from "#config/limits.ts";
import { owns } from "#lib/contract/access.ts";
import { DomainError, type FieldError } from "#lib/contract/errors.ts";
import { toMajor, toMinor } from "#lib/contract/money.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import { type ActionContext, type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import type { orders } from "../contract.ts";
import { type Line, priceChanges, shortages } from "../domain/lines.ts";
import { placeOrder } from "../steps/place-order.ts";

type Items = ParamsOf<typeof orders.actions.create>["items"];

/**
 * A purchase at the prices the customer was shown. What is checked here saves the customer a disappointment later; what
 * holds the shop together is the saga's reservation and authorisation. So while inventory is away the order is taken
 * unchecked: it waits in `pending_payment` for its reservation, nothing is charged before, and its deadline ends it when
 * inventory stays away. Without catalog and pricing nobody knows what is bought at which price: 503.
 */
export const createOrder: Handler<typeof orders.actions.create> = transactional(async (ctx, params) => {
  const { customerId, currency = DEFAULT_CURRENCY, shippingAddress, paymentMethodId } = params;
  if (!owns(ctx.auth, customerId, "orders:write"))
    throw new DomainError("FORBIDDEN", "Customers order for themselves.");
  if (params.couponCode !== undefined) throw new DomainError("COUPON_INVALID", "There are no coupons at the moment.");
  const lines = await resolve(ctx, params.items, currency);
  const skus = [...new Set(lines.map(({ sku }) => sku))];
  const [prices, available] = await Promise.all([todaysPrices(ctx, skus, currency), availability(ctx, skus)]);
  assertPrices(lines, prices, currency);
  if (available) assertStock(lines, available);
  const receipt = await ctx.transaction((tx) =>
    placeOrder(ctx, tx, { customerId, lines, currency, shippingAddress, paymentMethodId, source: null }),
  );
  if (!receipt) throw new Error("An order without a source was taken for another one.");
  return receipt;
});

/** @throws DomainError UNKNOWN_PRODUCT or VALIDATION_FAILED naming the items that mean no single variant */
async function resolve(ctx: ActionContext, items: Items, currency: string): Promise<Line[]> {
  const priced = items.map(({ price }, i) => toMinor(price, currency, `/items/${i}/price`));
  const asked = items.map(({ productId, sku }) => (sku === undefined ? { productId } : { productId, sku }));
  const resolved = (await ctx.call("catalog.resolve", { items: asked })).items;
  const unknown: FieldError[] = [];
  const ambiguous: FieldError[] = [];
  const lines: Line[] = [];
  for (const [i, { productId, quantity }] of items.entries()) {
    const found = resolved[i];
    const priceMinor = priced[i];
    if (!found || priceMinor === undefined) throw new Error("The catalogue did not answer for every item.");
    if (!("problem" in found)) lines.push({ productId, sku: found.sku, title: found.title, quantity, priceMinor });
    else if (found.problem === "SKU_REQUIRED")
      ambiguous.push({ path: `/items/${i}/sku`, message: "is required: the product has several variants" });
    else
      unknown.push({ path: `/items/${i}/${found.sku === undefined ? "productId" : "sku"}`, message: "is not known" });
  }
  if (unknown.length > 0) throw new DomainError("UNKNOWN_PRODUCT", undefined, { errors: [...unknown, ...ambiguous] });
  if (ambiguous.length > 0) throw new DomainError("VALIDATION_FAILED", undefined, { errors: ambiguous });
  return lines;
}

async function todaysPrices(ctx: ActionContext, skus: string[], currency: string): Promise<Map<string, number>> {
  const { prices } = await ctx.call("pricing.prices", { skus, currency });
  return new Map(prices.map(({ sku, amountMinor }) => [sku, amountMinor]));
}

/** @returns undefined while inventory is away */
async function availability(ctx: ActionContext, skus: string[]): Promise<Map<string, number> | undefined> {
  try {
    const { items } = await ctx.call("inventory.available", { skus }, { timeoutMs: limits.OFFER_TIMEOUT_MS });
    return new Map(items.map(({ sku, available }) => [sku, available]));
  } catch (error) {
    if (!isOutage(error)) throw error;
    ctx.log.warn("An order is taken without knowing the stock.", { reason: String(error) });
    return undefined;
  }
}

/** @throws DomainError VALIDATION_FAILED where something is not sold in this currency, PRICE_CHANGED with both prices */
function assertPrices(lines: readonly Line[], prices: ReadonlyMap<string, number>, currency: string): void {
  const unpriced = lines.filter(({ sku }) => !prices.has(sku));
  if (unpriced.length > 0) {
    const message = `${[...new Set(unpriced.map(({ sku }) => sku))].join(", ")} cannot be bought in ${currency}`;
    throw new DomainError("VALIDATION_FAILED", undefined, { errors: [{ path: "/currency", message }] });
  }
  const changes = priceChanges(lines, prices);
  if (changes.length === 0) return;
  throw new DomainError("PRICE_CHANGED", undefined, {
    prices: changes.map(({ sku, shownMinor, currentMinor }) => ({
      sku,
      shown: toMajor(shownMinor, currency),
      current: toMajor(currentMinor, currency),
      currency,
    })),
  });
}

/** @throws DomainError OUT_OF_STOCK with what there is */
function assertStock(lines: readonly Line[], available: ReadonlyMap<string, number>): void {
  const short = shortages(lines, available);
  if (short.length > 0) throw new DomainError("OUT_OF_STOCK", undefined, { items: short });
}

import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { pricingLimits } from "#services/product/pricing/contract.ts";
import { insertProducts, knownTo, updateProducts } from "../catalog.store.ts";
import { catalog } from "../contract.ts";
import { conflictOf, type Known } from "../domain/conflicts.ts";
import { factsOf, type Plan, type ProductFacts } from "../domain/product.ts";

/** JSON pointer of a product in a request that holds one, or many. */
export const theOnly = () => "";
export const oneOfMany = (index: number) => `/products/${index}`;

/**
 * What the catalogue knows of all that these products mention.
 * @throws DomainError ALREADY_EXISTS or VALIDATION_FAILED when they cannot stand beside the others
 */
export async function refuseConflicts(
  db: Queryable,
  products: readonly ProductFacts[],
  pathOf: (index: number) => string,
): Promise<Known> {
  const known = await knownTo(db, products);
  const conflict = conflictOf(products, known, pathOf);
  if (conflict) throw conflict;
  return known;
}

/** Writes what is new or different, and tells of it. */
export async function writeProducts(ctx: ServiceContext, tx: Transaction, plan: Plan, now: Date): Promise<void> {
  await updateProducts(tx, plan.updated, now); // first: they may give up skus that new products take
  await insertProducts(tx, plan.created, now);
  for (const product of plan.created) tx.emit(catalog.events.ProductCreated, factsOf(product));
  for (const product of plan.updated) tx.emit(catalog.events.ProductUpdated, factsOf(product));
  const changed = [...plan.created, ...plan.updated].map(({ productId }) => productId);
  if (changed.length > 0) tx.afterCommit(() => signalChanged(ctx, changed));
}

/** Makes every node forget what it has cached about these products. */
export function signalChanged(ctx: Pick<ServiceContext, "signal">, productIds: string[]): void {
  ctx.signal("catalog.productsChanged", { productIds });
  ctx.signal("edge.invalidate", {});
}

interface Priced {
  variants?: readonly { sku: string; price?: { amount: number; currency?: string } }[];
}

export const hasPrices = ({ variants = [] }: Priced) => variants.some(({ price }) => price !== undefined);

/**
 * Hands the prices that came with variants to pricing, which owns them. Before the products are written, not after: a
 * price of a sku that nobody sells is harmless, a product without its price is not. Callers check for conflicts first,
 * so that a refused product does not change the price of somebody else's sku.
 */
export async function handOverPrices(ctx: ServiceContext, products: readonly Priced[]): Promise<void> {
  const prices = products.flatMap(({ variants = [] }) =>
    variants.flatMap(({ sku, price }) => (price ? { sku, ...price } : [])),
  );
  for (let at = 0; at < prices.length; at += pricingLimits.PRICE_BATCH_ROWS) {
    await ctx.call("pricing.setPrices", { prices: prices.slice(at, at + pricingLimits.PRICE_BATCH_ROWS) });
  }
}

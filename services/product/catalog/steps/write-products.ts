import { chunks } from "#lib/chunks.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { pricingLimits } from "#services/product/pricing/contract.ts";
import { insertProducts, lookUp, productsBySlug, updateProducts } from "../catalog.store.ts";
import { catalog } from "../contract.ts";
import { findConflict, type Lookup } from "../domain/conflicts.ts";
import { factsOf, type Product, type ProductFacts, type WritePlan } from "../domain/product.ts";
import type { CatalogDeps } from "../setup.ts";
import { beforeWriting } from "./write-drafts.ts";

/** JSON pointer of the product in a request that holds one. */
export const singlePath = () => "";
/** JSON pointer of a product in a request that holds many. */
export const batchPath = (index: number) => `/products/${index}`;

/**
 * @returns what the catalogue holds of everything that these products mention
 * @throws DomainError ALREADY_EXISTS or VALIDATION_FAILED when they conflict with other products
 */
export async function refuseConflicts(
  db: Queryable,
  products: readonly ProductFacts[],
  pathOf: (index: number) => string,
): Promise<Lookup> {
  const found = await lookUp(db, products);
  const conflict = findConflict(products, found, pathOf);
  if (conflict) throw conflict;
  return found;
}

/** Writes the products of the plan. If the shop shows them at once, an event of each of them is emitted. */
export async function writeProducts(
  ctx: ServiceContext<CatalogDeps>,
  tx: Transaction,
  plan: WritePlan,
  now: Date,
): Promise<void> {
  const changed = [...plan.created, ...plan.updated].map(({ productId }) => productId);
  if (changed.length === 0) return;
  const effect = await beforeWriting(ctx, tx, changed);
  await updateProducts(tx, plan.updated, now); // first, because they may give up skus that new products take
  await insertProducts(tx, plan.created, now);
  if (effect === "draft") return;
  for (const product of plan.created) tx.emit(catalog.events.ProductCreated, factsOf(product));
  for (const product of plan.updated) tx.emit(catalog.events.ProductUpdated, factsOf(product));
  for (const supply of plan.supplies) tx.emit(catalog.events.SupplyChanged, supply);
  tx.afterCommit(() => signalChanged(ctx, changed));
}

/** Makes every node forget what it has cached about these products. */
export function signalChanged(ctx: Pick<ServiceContext, "signal">, productIds: string[]): void {
  ctx.signal("catalog.productsChanged", { productIds });
  ctx.signal("edge.invalidate", {});
}

/** Stored products with these slugs, by slug. */
export async function storedBySlug(db: Queryable, slugs: readonly string[]): Promise<Map<string, Product>> {
  return new Map((await productsBySlug(db, slugs)).map((product) => [product.slug, product]));
}

interface WithPrices {
  variants?: readonly { sku: string; price?: { amount: number; currency?: string } }[];
}

export const hasPrices = ({ variants = [] }: WithPrices) => variants.some(({ price }) => price !== undefined);

/**
 * Sends the prices that came with variants to pricing, which owns them. This happens before the products are written: a
 * price of a sku that no product has does no harm, a product without its price does. Callers check for conflicts first,
 * so that a refused product does not change the price of another product's sku.
 */
export async function sendPrices(ctx: ServiceContext, products: readonly WithPrices[]): Promise<void> {
  const all = products.flatMap(({ variants = [] }) =>
    variants.flatMap(({ sku, price }) => (price ? { sku, ...price } : [])),
  );
  for (const prices of chunks(all, pricingLimits.PRICE_BATCH_ROWS))
    await ctx.call("pricing.setPricesOfNewVariants", { prices });
}

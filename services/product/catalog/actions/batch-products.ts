import { newId } from "#lib/contract/ids.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { type Product, type ProductFacts, type ProductInput, planWrites, productFacts } from "../domain/product.ts";
import type { CatalogDeps } from "../setup.ts";
import {
  batchPath,
  hasPrices,
  refuseConflicts,
  sendPrices,
  storedBySlug,
  writeProducts,
} from "../steps/write-products.ts";

type Batch = typeof catalog.actions.batch;

export const batchProducts: Handler<Batch, CatalogDeps> = transactional(async (ctx, { products: rows }) => {
  if (rows.some(hasPrices)) {
    await refuseConflicts(ctx.db, (await withIds(ctx.db, rows)).products, batchPath);
    await sendPrices(ctx, rows);
  }
  const write = async (tx: Transaction) => {
    await lockCatalogue(tx);
    const { products, stored } = await withIds(tx, rows);
    await refuseConflicts(tx, products, batchPath);
    await writeProducts(ctx, tx, planWrites(products, stored), ctx.now());
    return {
      products: products.map(({ productId, slug, variants }) => ({
        productId,
        slug,
        skus: variants.map(({ sku }) => sku),
      })),
    };
  };
  return ctx.deps.batches.run(() => ctx.transaction(write));
});

/** Gives each row the id of the product that has its slug, or a new id. `stored` holds the products found, by id. */
async function withIds(
  db: Queryable,
  rows: readonly ProductInput[],
): Promise<{ products: ProductFacts[]; stored: Map<string, Product> }> {
  const found = await storedBySlug(
    db,
    rows.map(({ slug }) => slug),
  );
  return {
    products: rows.map((row) => productFacts(found.get(row.slug)?.productId ?? newId("product"), row)),
    stored: new Map([...found.values()].map((product) => [product.productId, product])),
  };
}

import { newId } from "#lib/contract/ids.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { lockCatalogue, productsBySlug } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { type Product, type ProductFacts, type ProductInput, planOf, productFacts } from "../domain/product.ts";
import { handOverPrices, hasPrices, oneOfMany, refuseConflicts, writeProducts } from "../steps/write-products.ts";

export const batchProducts: Handler<typeof catalog.actions.batch> = transactional(async (ctx, { products: rows }) => {
  if (rows.some(hasPrices)) {
    await refuseConflicts(ctx.db, (await matched(ctx.db, rows)).wanted, oneOfMany);
    await handOverPrices(ctx, rows);
  }
  return ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const { wanted, existing } = await matched(tx, rows);
    await refuseConflicts(tx, wanted, oneOfMany);
    await writeProducts(ctx, tx, planOf(wanted, existing), ctx.now());
    return {
      products: wanted.map(({ productId, slug, variants }) => ({
        productId,
        slug,
        skus: variants.map(({ sku }) => sku),
      })),
    };
  });
});

/** Rows with the ids of the products that have their slugs, or new ones. */
async function matched(
  db: Queryable,
  rows: readonly ProductInput[],
): Promise<{ wanted: ProductFacts[]; existing: Map<string, Product> }> {
  const found = await productsBySlug(
    db,
    rows.map(({ slug }) => slug),
  );
  const idOf = new Map(found.map(({ slug, productId }) => [slug, productId]));
  return {
    wanted: rows.map((row) => productFacts(idOf.get(row.slug) ?? newId("product"), row)),
    existing: new Map(found.map((product) => [product.productId, product])),
  };
}

import { DomainError } from "#lib/contract/errors.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { findProduct, lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { type Product, planWrites, productFacts } from "../domain/product.ts";
import type { CatalogDeps } from "../setup.ts";
import { DRAFT } from "../shown.store.ts";
import { offersOf } from "../steps/offers.ts";
import { displayValues } from "../steps/translate.ts";
import { hasPrices, refuseConflicts, sendPrices, singlePath, writeProducts } from "../steps/write-products.ts";
import { productView } from "../view.ts";

export const updateProduct: Handler<typeof catalog.actions.update, CatalogDeps> = transactional(
  async (ctx, { productId, ...changes }) => {
    if (hasPrices(changes)) {
      const before = await requireProduct(ctx.db, productId);
      await refuseConflicts(ctx.db, [productFacts(productId, { ...before, ...changes })], singlePath);
      await sendPrices(ctx, [changes]);
    }
    const product = await ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      const before = await requireProduct(tx, productId);
      const after = productFacts(productId, { ...before, ...changes });
      await refuseConflicts(tx, [after], singlePath);
      await writeProducts(ctx, tx, planWrites([after], new Map([[productId, before]])), ctx.now());
      return requireProduct(tx, productId);
    });
    const display = await displayValues(ctx.db, product, [], ctx.deps.locales.own);
    return productView(product, await offersOf(ctx, [product], DEFAULT_CURRENCY), display);
  },
);

/** @throws DomainError NOT_FOUND */
async function requireProduct(db: Queryable, productId: string): Promise<Product> {
  const product = await findProduct(db, DRAFT, productId);
  if (!product) throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
  return product;
}

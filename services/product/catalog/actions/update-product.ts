import { DomainError } from "#lib/contract/errors.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { findProduct, lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { type Product, planOf, productFacts } from "../domain/product.ts";
import { productView } from "../domain/view.ts";
import { offersOf } from "../offers.ts";
import { handOverPrices, hasPrices, refuseConflicts, theOnly, writeProducts } from "../steps/write-products.ts";

export const updateProduct: Handler<typeof catalog.actions.update> = transactional(
  async (ctx, { productId, ...changes }) => {
    if (hasPrices(changes)) {
      const before = await existing(ctx.db, productId);
      await refuseConflicts(ctx.db, [productFacts(productId, { ...before, ...changes })], theOnly);
      await handOverPrices(ctx, [changes]);
    }
    const product = await ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      const before = await existing(tx, productId);
      const wanted = productFacts(productId, { ...before, ...changes });
      await refuseConflicts(tx, [wanted], theOnly);
      await writeProducts(ctx, tx, planOf([wanted], new Map([[productId, before]])), ctx.now());
      return existing(tx, productId);
    });
    return productView(product, await offersOf(ctx, [product], DEFAULT_CURRENCY));
  },
);

async function existing(db: Queryable, productId: string): Promise<Product> {
  const product = await findProduct(db, productId);
  if (!product) throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
  return product;
}

import { Problem } from "../../../../mixins/errors.ts";
import type { Handler } from "../../../../mixins/service.ts";
import type { Queryable } from "../../../../mixins/transaction.ts";
import { DEFAULT_CURRENCY } from "../../pricing/contract.ts";
import type { catalog } from "../contract.ts";
import { type Product, planOf, productFacts } from "../domain/product.ts";
import { productView } from "../domain/view.ts";
import { offersOf } from "../offers.ts";
import { findProduct, lockCatalogue } from "../product.store.ts";
import { handOverPrices, hasPrices, refuseConflicts, theOnly, writeProducts } from "../write-products.ts";

export const updateProduct: Handler<typeof catalog.actions.update> = async (ctx, { productId, ...changes }) => {
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
};

async function existing(db: Queryable, productId: string): Promise<Product> {
  const product = await findProduct(db, productId);
  if (!product) throw new Problem("NOT_FOUND", `There is no product ${productId}.`);
  return product;
}

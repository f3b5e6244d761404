import { Problem } from "../../../../mixins/errors.ts";
import { newId } from "../../../../mixins/ids.ts";
import type { Handler } from "../../../../mixins/service.ts";
import { DEFAULT_CURRENCY } from "../../pricing/contract.ts";
import type { catalog } from "../contract.ts";
import { productFacts } from "../domain/product.ts";
import { productView } from "../domain/view.ts";
import { offersOf } from "../offers.ts";
import { findProduct, knownTo, lockCatalogue } from "../product.store.ts";
import { handOverPrices, hasPrices, refuseConflicts, theOnly, writeProducts } from "../write-products.ts";

export const createProduct: Handler<typeof catalog.actions.create> = async (ctx, params) => {
  const wanted = productFacts(params.productId ?? newId("product"), params);
  if (hasPrices(params)) {
    await refuseConflicts(ctx.db, [wanted], theOnly);
    await handOverPrices(ctx, [params]);
  }
  const offers = await offersOf(ctx, [wanted], DEFAULT_CURRENCY);
  return ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const { productIds } = await knownTo(tx, [wanted]);
    if (productIds.has(wanted.productId))
      throw new Problem("ALREADY_EXISTS", `There was a product ${wanted.productId} before.`);
    await refuseConflicts(tx, [wanted], theOnly);
    await writeProducts(ctx, tx, { created: [wanted], updated: [] });
    const product = await findProduct(tx, wanted.productId);
    if (!product) throw new Problem("INTERNAL");
    return productView(product, offers);
  });
};

import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { productFacts } from "../domain/product.ts";
import { productView } from "../domain/view.ts";
import { offersOf } from "../offers.ts";
import { handOverPrices, hasPrices, refuseConflicts, theOnly, writeProducts } from "../steps/write-products.ts";

export const createProduct: Handler<typeof catalog.actions.create> = transactional(async (ctx, params) => {
  const wanted = productFacts(params.productId ?? newId("product"), params);
  if (hasPrices(params)) {
    await refuseConflicts(ctx.db, [wanted], theOnly);
    await handOverPrices(ctx, [params]);
  }
  const offers = await offersOf(ctx, [wanted], DEFAULT_CURRENCY);
  return ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const known = await refuseConflicts(tx, [wanted], theOnly);
    if (known.productIds.has(wanted.productId)) {
      throw new DomainError("ALREADY_EXISTS", `There is, or was, a product ${wanted.productId}.`, {
        errors: [{ path: "/productId", message: `${wanted.productId} is taken` }],
      });
    }
    const now = ctx.now();
    await writeProducts(ctx, tx, { created: [wanted], updated: [] }, now);
    return productView({ ...wanted, createdAt: now, updatedAt: now }, offers);
  });
});

import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { planWrites, productFacts } from "../domain/product.ts";
import type { CatalogDeps } from "../setup.ts";
import { offersOf } from "../steps/offers.ts";
import { displayValues } from "../steps/translate.ts";
import { hasPrices, refuseConflicts, sendPrices, singlePath, writeProducts } from "../steps/write-products.ts";
import { productView } from "../view.ts";

export const createProduct: Handler<typeof catalog.actions.create, CatalogDeps> = transactional(async (ctx, params) => {
  const product = productFacts(params.productId ?? newId("product"), params);
  if (hasPrices(params)) {
    await refuseConflicts(ctx.db, [product], singlePath);
    await sendPrices(ctx, [params]);
  }
  const offers = await offersOf(ctx, [product], DEFAULT_CURRENCY);
  return ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const { productIds } = await refuseConflicts(tx, [product], singlePath);
    if (productIds.has(product.productId)) {
      const message = `${product.productId} is already taken`;
      throw new DomainError("ALREADY_EXISTS", `There is, or was, a product ${product.productId}.`, {
        errors: [{ path: "/productId", message }],
      });
    }
    const now = ctx.now();
    await writeProducts(ctx, tx, planWrites([product], new Map()), now);
    const created = { ...product, createdAt: now, updatedAt: now };
    return productView(created, offers, await displayValues(tx, created, [], ctx.deps.locales.own));
  });
});

import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { findProduct, listProducts as productPage } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { containing } from "../domain/search-text.ts";
import { productView, summaryView } from "../domain/view.ts";
import { offersOf } from "../offers.ts";

export const listProducts: Handler<typeof catalog.actions.list> = async (ctx, params) => {
  const { page = 1, limit = 20, category = null, brand = null, slug = null, q, sort = "-createdAt" } = params;
  const filter = { category, brand, slug, pattern: containing(q) };
  const { products, total } = await productPage(ctx.db, filter, sort, { page, limit });
  const offers = await offersOf(ctx, products, params.currency ?? DEFAULT_CURRENCY);
  return { products: products.map((product) => summaryView(product, offers)), pagination: { page, limit, total } };
};

export const getProduct: Handler<typeof catalog.actions.get> = async (
  ctx,
  { productId, currency = DEFAULT_CURRENCY },
) => {
  const product = await findProduct(ctx.db, productId);
  if (!product) throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
  return productView(product, await offersOf(ctx, [product], currency));
};

import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { findProduct, pageOfProducts } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { containing } from "../domain/search-text.ts";
import { offersOf } from "../steps/offers.ts";
import { productView, summaryView } from "../view.ts";

export const listProducts: Handler<typeof catalog.actions.list> = async (ctx, params) => {
  const { category = null, brand = null, slug = null, q, sort = "-createdAt", currency = DEFAULT_CURRENCY } = params;
  const { page, limit, offset } = paging(params);
  const filter = { category, brand, slug, pattern: containing(q) };
  const { products, total } = await pageOfProducts(ctx.db, filter, sort, { limit, offset });
  const offers = await offersOf(ctx, products, currency);
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

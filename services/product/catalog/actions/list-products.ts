import { endPart, readPart } from "#lib/contract/cursor.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { productsInOrder } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { containing } from "../domain/search-text.ts";
import { keyShape, type ProductKey } from "../product-lists.store.ts";
import type { CatalogDeps } from "../setup.ts";
import { findProducts, isExpensive } from "../steps/find-products.ts";
import { offersOf } from "../steps/offers.ts";
import { findPriced } from "../steps/priced-products.ts";
import { readSelection } from "../steps/read-selection.ts";
import { translateProducts } from "../steps/translate.ts";
import { facetsView, summaryView } from "../view.ts";

export const listProducts: Handler<typeof catalog.actions.list, CatalogDeps> = async (ctx, params) => {
  const { category, brand, slug, q, sort = "-createdAt", currency = DEFAULT_CURRENCY } = params;
  const pattern = containing(q);
  const { filters, facets, collection, price } = await readSelection(ctx.db, params);
  const list: unknown[] = ["catalog.list", sort, category, brand, slug, pattern];
  if (filters.length > 0 || collection) list.push(filters, collection, price);
  const part = readPart(params, list, keyShape(sort));
  const asked = { category, brand, slug, pattern, filters, facets, collection, sort, part };
  const read = async () => {
    const {
      listed,
      count,
      facets: found,
      goesOn,
    } = price ? await findPriced(ctx, asked, price) : await findProducts(ctx.db, asked);
    const { rows, pagination } = endPart(
      part,
      listed,
      ({ key, productId }): ProductKey => [key, productId],
      count,
      goesOn,
    );
    const ids = rows.map(({ productId }) => productId);
    const chain = await ctx.deps.locales.chainOf(params.locale);
    const products = await translateProducts(ctx.db, await productsInOrder(ctx.db, ids), chain);
    const offers = await offersOf(ctx, products, currency);
    return {
      products: products.map((product) => summaryView(product, offers)),
      pagination,
      ...(found ? facetsView(found) : {}),
    };
  };
  return price || isExpensive(asked) ? ctx.deps.bulkhead.run(read) : read();
};

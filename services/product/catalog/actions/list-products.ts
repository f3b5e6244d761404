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
import { readSelection } from "../steps/read-selection.ts";
import { facetsView, summaryView } from "../view.ts";

export const listProducts: Handler<typeof catalog.actions.list, CatalogDeps> = async (ctx, params) => {
  const { category, brand, slug, q, sort = "-createdAt", currency = DEFAULT_CURRENCY } = params;
  const pattern = containing(q);
  const { filters, facets } = await readSelection(ctx.db, params);
  const list = ["catalog.list", sort, category, brand, slug, pattern, ...(filters.length > 0 ? [filters] : [])];
  const part = readPart(params, list, keyShape(sort));
  const asked = { category, brand, slug, pattern, filters, facets, sort, part };
  const read = async () => {
    const { listed, count, facets: found } = await findProducts(ctx.db, asked);
    const { rows, pagination } = endPart(part, listed, ({ key, productId }): ProductKey => [key, productId], count);
    const products = await productsInOrder(
      ctx.db,
      rows.map(({ productId }) => productId),
    );
    const offers = await offersOf(ctx, products, currency);
    return {
      products: products.map((product) => summaryView(product, offers)),
      pagination,
      ...(found ? facetsView(found) : {}),
    };
  };
  return isExpensive(asked) ? ctx.deps.bulkhead.run(read) : read();
};

import { endPart, readPart } from "#lib/contract/cursor.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { productsInOrder } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { containing } from "../domain/search-text.ts";
import { keyShape, type Listed, type ProductKey } from "../product-lists.store.ts";
import type { CatalogDeps } from "../setup.ts";
import { findProducts, isExpensive } from "../steps/find-products.ts";
import { offersOf } from "../steps/offers.ts";
import { readSelection } from "../steps/read-selection.ts";
import { hasDrafts, shownTo } from "../steps/shown.ts";
import { facetsView, summaryView } from "../view.ts";

export const listProducts: Handler<typeof catalog.actions.list, CatalogDeps> = async (ctx, params) => {
  const { category, brand, slug, q, sort = "-createdAt", currency = DEFAULT_CURRENCY, draft } = params;
  const pattern = containing(q);
  const { filters, facets } = await readSelection(ctx.db, params);
  const list = ["catalog.list", sort, category, brand, slug, pattern, ...(filters.length > 0 ? [filters] : [])];
  // With drafts a cursor holds the snapshot as well, so that a list stays the one that it was at its beginning.
  const shape: ProductKey = hasDrafts(ctx) && !draft ? [...keyShape(sort), 0] : keyShape(sort);
  const part = readPart(params, list, shape);
  const shown = await shownTo(ctx, { draft, begun: part.kind === "after" ? part.after[2] : undefined });
  const version = shown.kind === "snapshot" ? [shown.snapshot] : [];
  const asked = { category, brand, slug, pattern, filters, facets, sort, part };
  const read = async () => {
    const { listed, count, facets: found } = await findProducts(ctx.db, shown, asked);
    const keyOf = ({ key, productId }: Listed): ProductKey => [key, productId, ...version];
    const { rows, pagination } = endPart(part, listed, keyOf, count);
    const products = await productsInOrder(
      ctx.db,
      shown,
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

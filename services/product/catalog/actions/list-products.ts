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
import { findPriced } from "../steps/priced-products.ts";
import { readSelection } from "../steps/read-selection.ts";
import { hasDrafts, shownTo } from "../steps/shown.ts";
import { translateProducts } from "../steps/translate.ts";
import { facetsView, summaryView } from "../view.ts";

export const listProducts: Handler<typeof catalog.actions.list, CatalogDeps> = async (ctx, params) => {
  const { category, brand, slug, q, sort = "-createdAt", currency = DEFAULT_CURRENCY, draft } = params;
  const pattern = containing(q);
  const { filters, facets, collection, price } = await readSelection(ctx.db, params);
  const list: unknown[] = ["catalog.list", sort, category, brand, slug, pattern];
  if (filters.length > 0 || collection) list.push(filters, collection, price);
  // With drafts a cursor holds the snapshot as well, so that a list stays the one that it was at its beginning.
  const shape: ProductKey = hasDrafts(ctx) && !draft ? [...keyShape(sort), 0] : keyShape(sort);
  const part = readPart(params, list, shape);
  const shown = await shownTo(ctx, { draft, begun: part.kind === "after" ? part.after[2] : undefined });
  const version = shown.kind === "snapshot" ? [shown.snapshot] : [];
  const asked = { category, brand, slug, pattern, filters, facets, collection, sort, part };
  const read = async () => {
    const {
      listed,
      count,
      facets: found,
      goesOn,
    } = price ? await findPriced(ctx, shown, asked, price) : await findProducts(ctx.db, shown, asked);
    const keyOf = ({ key, productId }: Listed): ProductKey => [key, productId, ...version];
    const next: ProductKey | undefined = goesOn && [goesOn[0], goesOn[1], ...version];
    const { rows, pagination } = endPart(part, listed, keyOf, count, next);
    const ids = rows.map(({ productId }) => productId);
    const chain = await ctx.deps.locales.chainOf(params.locale);
    const products = await translateProducts(ctx.db, await productsInOrder(ctx.db, shown, ids), chain);
    const offers = await offersOf(ctx, products, currency);
    return {
      products: products.map((product) => summaryView(product, offers)),
      pagination,
      ...(found ? facetsView(found) : {}),
    };
  };
  return price || isExpensive(asked) ? ctx.deps.bulkhead.run(read) : read();
};

import { every } from "#mixins/service/jobs.ts";
import { catalogLimits } from "../domain/limits.ts";
import { fold, searchText } from "../domain/search-text.ts";
import { foldBrands, foldProducts, unfolded, unfoldedBrands } from "../product-search.store.ts";
import type { CatalogDeps } from "../setup.ts";

const EVERY_MS = 5_000;

/** Prepares products and brands for searches that were written by a version of the shop without `search_text`. */
export const foldSearchTexts = every<CatalogDeps>(EVERY_MS, "fold-search-texts", async ({ db }) => {
  const { SEARCH_TEXT_ROWS, SEARCH_TEXT_BATCHES } = catalogLimits;
  const brands = await unfoldedBrands(db, SEARCH_TEXT_ROWS);
  if (brands.length > 0)
    await foldBrands(
      db,
      brands.map(({ slug, name }) => ({ slug, text: ` ${fold(name)}` })),
    );
  for (let batch = 0; batch < SEARCH_TEXT_BATCHES; batch += 1) {
    const products = await unfolded(db, SEARCH_TEXT_ROWS);
    if (products.length === 0) return;
    await foldProducts(
      db,
      products.map(({ productId, ...parts }) => ({ productId, text: searchText(parts) })),
    );
  }
});

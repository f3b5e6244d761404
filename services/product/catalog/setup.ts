import { catalogLimits } from "./domain/limits.ts";
import { SellableCache } from "./steps/sellable-cache.ts";

export interface CatalogDeps {
  sellables: SellableCache;
}

export function setup(): CatalogDeps {
  const sellables = new SellableCache({
    maxEntries: catalogLimits.RESOLVED_PRODUCTS,
    ttlMs: catalogLimits.RESOLVED_TTL_MS,
    now: () => performance.now(),
  });
  return { sellables };
}

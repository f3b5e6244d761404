import { shopLocales } from "#lib/contract/locale.ts";
import { Semaphore } from "#lib/sql/semaphore.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { catalogLimits } from "./domain/limits.ts";
import { hasSearchIndex } from "./product-search.store.ts";
import { catalogueState } from "./publication.store.ts";
import { Locales } from "./steps/locales.ts";
import { Ratings } from "./steps/ratings.ts";
import { SellableCache } from "./steps/sellable-cache.ts";
import { translatedLocales } from "./translations.store.ts";

export interface CatalogDeps {
  sellables: SellableCache;
  /** Lets few expensive reads run at once, so that the others, and orders, keep the database. */
  bulkhead: Semaphore;
  /** Batches of a node are written one after the other: each holds the lock of the catalogue, on which few may wait. */
  batches: Semaphore;
  /** Whether the shop still changes between drafts and no drafts, at the start: nobody writes products meanwhile. */
  mode: { isChanging: boolean };
  locales: Locales;
  ratings: Ratings;
}

const WITHOUT_INDEX =
  "Searches read all products, because the database has no pg_trgm. Let an administrator of the database run CREATE EXTENSION pg_trgm; CREATE INDEX CONCURRENTLY product_search ON product USING gin (search_text gin_trgm_ops) WHERE archived_at IS NULL; CREATE INDEX CONCURRENTLY published_product_search ON published_product USING gin (search_text gin_trgm_ops);";

export async function setup({ db, env, log }: SetupContext): Promise<CatalogDeps> {
  if (!(await hasSearchIndex(db))) log.warn(WITHOUT_INDEX);
  const sellables = new SellableCache({
    maxEntries: catalogLimits.RESOLVED_PRODUCTS,
    ttlMs: catalogLimits.RESOLVED_TTL_MS,
    now: () => performance.now(),
  });
  const bulkhead = new Semaphore(
    catalogLimits.EXPENSIVE_READS,
    catalogLimits.EXPENSIVE_WAIT_MS,
    "Too many searches are waiting.",
    catalogLimits.EXPENSIVE_WAITING,
  );
  const batches = new Semaphore(1, catalogLimits.BATCH_TURN_MS, "Too many batches of products are waiting.");
  const { mode } = await catalogueState(db);
  const locales = new Locales({
    own: shopLocales(env.SHOP_LOCALES).own,
    ttlMs: catalogLimits.LOCALES_TTL_MS,
    now: () => performance.now(),
    read: () => translatedLocales(db),
  });
  const ratings = new Ratings(() => performance.now());
  return { sellables, bulkhead, batches, locales, ratings, mode: { isChanging: mode !== env.CATALOG_PUBLICATION } };
}

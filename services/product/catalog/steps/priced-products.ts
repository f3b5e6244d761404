import { limits } from "#config/limits.ts";
import { chunks } from "#lib/chunks.ts";
import type { ListPart } from "#lib/contract/cursor.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { findSellables } from "../catalog.store.ts";
import { hasPrice, type PriceRule } from "../domain/collection.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { CountedFacets } from "../product-filters.store.ts";
import type { Listed, ProductKey } from "../product-lists.store.ts";
import { facetsMatching } from "../product-search.store.ts";
import type { Shown } from "../shown.store.ts";
import { type AskedList, type FoundList, findProducts } from "./find-products.ts";

/**
 * The products of a list whose prices fit a rule. The catalogue has no prices: it looks at the list in its order, asks
 * pricing, and leaves out the others, so that a list is right as soon as pricing is. It looks at `PRICED_PRODUCTS`
 * products at most, and at none further after `PRICED_MS`; `goesOn` is where the next part begins then.
 */
export async function findPriced(
  ctx: ServiceContext,
  shown: Shown,
  asked: AskedList,
  rule: PriceRule,
): Promise<FoundList> {
  const { part, facets } = asked;
  const { PRICED_ROWS, PRICED_PRODUCTS, PRICED_MS } = catalogLimits;
  const until = performance.now() + PRICED_MS;
  const wanted = facets ? PRICED_PRODUCTS : part.limit + 1 + (part.kind === "page" ? part.offset : 0);
  const fitting: Listed[] = [];
  let next: ListPart<ProductKey> | undefined =
    part.kind === "page" ? { ...part, page: 1, offset: 0, limit: PRICED_ROWS } : { ...part, limit: PRICED_ROWS };
  let after: ProductKey | undefined;
  const mayGoOn = (looked: number) => looked === 0 || (looked < PRICED_PRODUCTS && performance.now() < until);
  for (let looked = 0; next && mayGoOn(looked) && fitting.length < wanted; looked += PRICED_ROWS) {
    const { listed } = await findProducts(ctx.db, shown, { ...asked, facets: undefined, part: next, counted: false });
    const rows = listed.slice(0, PRICED_ROWS);
    fitting.push(...(await withPrice(ctx, shown, rows, rule)));
    const last = rows.at(-1);
    after = listed.length > PRICED_ROWS && last ? [last.key, last.productId] : undefined;
    next = after && { kind: "after", limit: PRICED_ROWS, list: part.list, after };
  }
  const rest = part.kind === "page" ? fitting.slice(part.offset) : fitting;
  const isWhole = after === undefined;
  return {
    listed: rest.slice(0, part.limit + 1),
    count: part.kind === "page" ? { total: fitting.length, atLeast: !isWhole } : undefined,
    ...(after && rest.length <= part.limit ? { goesOn: after } : {}),
    ...(facets ? { facets: await facetsOf(ctx, shown, facets, fitting, isWhole && part.kind === "page") } : {}),
  };
}

async function withPrice(
  ctx: ServiceContext,
  shown: Shown,
  rows: readonly Listed[],
  rule: PriceRule,
): Promise<Listed[]> {
  const products = await findSellables(
    ctx.db,
    shown,
    rows.map(({ productId }) => productId),
  );
  const calls = chunks(
    products.flatMap(({ skus }) => skus),
    limits.SKUS_PER_CALL,
  );
  const answers = await Promise.all(
    calls.map((skus) =>
      ctx.call("pricing.prices", { skus, currency: rule.currency }, { timeoutMs: limits.OFFER_TIMEOUT_MS }),
    ),
  );
  const amountOf = new Map(answers.flatMap(({ prices }) => prices).map(({ sku, amountMinor }) => [sku, amountMinor]));
  const fits = new Set(
    products.flatMap(({ productId, skus }) =>
      hasPrice(
        rule,
        skus.flatMap((sku) => amountOf.get(sku) ?? []),
      )
        ? productId
        : [],
    ),
  );
  return rows.filter(({ productId }) => fits.has(productId));
}

/** @param areAll whether these products are the whole list, and not only what was looked at from a place on */
async function facetsOf(
  ctx: ServiceContext,
  shown: Shown,
  facets: NonNullable<AskedList["facets"]>,
  products: readonly Listed[],
  areAll: boolean,
): Promise<CountedFacets> {
  const productIds = products.map(({ productId }) => productId);
  const counted = await facetsMatching(ctx.db, shown, facets, { categories: null, brand: null, productIds });
  return { ...counted, isWhole: counted.isWhole && areAll };
}

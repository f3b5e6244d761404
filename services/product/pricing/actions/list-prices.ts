import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import { NewSkus, withKnownSkus } from "#services/product/catalog/contract.ts";
import type { pricing } from "../contract.ts";
import { pricingLimits } from "../domain/limits.ts";
import { parseListPrices, type RequestedPrice } from "../domain/list-requests.ts";
import {
  knownSkus,
  listPricesOf,
  pageOfListPrices,
  removeListPrices,
  saveListPrices,
  skuAbove,
} from "../list-prices.store.ts";
import type { Deps } from "../setup.ts";
import { forgetCached } from "../steps/forget-cached.ts";
import { noSuchList, requireList } from "../steps/price-list.ts";
import { lockList } from "../terms.store.ts";
import { listPriceView } from "../view.ts";

type Actions = typeof pricing.actions;
type Context = ActionContext<Deps> & Transactions;

export const setListPrice: Handler<Actions["setListPrice"], Deps> = transactional(async (ctx, { code, ...row }) => {
  const { prices, currency } = await savePrices(ctx, code, [row], () => "");
  const [price] = prices;
  if (!price) throw new Error("A request with one price has set none.");
  return listPriceView(price, currency);
});

export const setListPrices: Handler<Actions["setListPrices"], Deps> = transactional(
  async (ctx, { code, prices: rows }) => {
    const { prices, updated } = await savePrices(ctx, code, rows, (index) => `/prices/${index}`);
    return { updated, unchanged: prices.length - updated };
  },
);

/** @throws DomainError NOT_FOUND, VALIDATION_FAILED, UNKNOWN_PRODUCT, LIMIT_REACHED */
async function savePrices(
  ctx: Context,
  code: string,
  rows: readonly RequestedPrice[],
  pathOf: (index: number) => string,
) {
  const { currency } = await requireList(ctx.db, code);
  const prices = parseListPrices(rows, { code, currency }, pathOf);
  const skus = [...new Set(prices.map(({ sku }) => sku))];
  const updated = await withKnownSkus(ctx, rows, pathOf, (areKnown) =>
    ctx.transaction(async (tx) => {
      const list = await lockList(tx, code);
      if (list?.currency !== currency) throw noSuchList(code); // deleted since, and perhaps another one added
      const known = areKnown ? new Set(skus) : await knownSkus(tx, code, skus);
      const unknown = skus.filter((sku) => !known.has(sku));
      if (unknown.length > 0) throw new NewSkus(unknown);
      const changed = await saveListPrices(tx, code, prices);
      const full = changed.length === 0 ? undefined : await skuAbove(tx, code, skus, pricingLimits.LIST_PRICES_PER_SKU);
      if (full !== undefined)
        throw new DomainError(
          "LIMIT_REACHED",
          `A list has at most ${pricingLimits.LIST_PRICES_PER_SKU} prices of a sku: ${full} would have more.`,
        );
      if (changed.length > 0) forgetCached(ctx, tx, changed);
      return changed.length;
    }),
  );
  return { prices, currency, updated };
}

export const listListPrices: Handler<Actions["listPrices"], Deps> = async (ctx, { code, ...params }) => {
  const { currency } = await requireList(ctx.db, code);
  const { page, limit, offset } = paging(params);
  const { prices, total } = await pageOfListPrices(ctx.db, code, { limit, offset });
  return { prices: prices.map((price) => listPriceView(price, currency)), pagination: { page, limit, total } };
};

export const getListPrices: Handler<Actions["getListPrices"], Deps> = async (ctx, { code, sku }) => {
  const { currency } = await requireList(ctx.db, code);
  const prices = await listPricesOf(ctx.db, [{ list: code, sku }]);
  if (prices.length === 0) throw new DomainError("NOT_FOUND", `${sku} has no price in the list ${code}.`);
  return { prices: prices.map((price) => listPriceView(price, currency)) };
};

export const deleteListPrices: Handler<Actions["deleteListPrices"], Deps> = transactional(
  async (ctx, { code, ...removal }) =>
    ctx.transaction(async (tx) => {
      if (!(await lockList(tx, code))) throw noSuchList(code);
      const removed = await removeListPrices(tx, code, removal);
      if (removed === 0) throw new DomainError("NOT_FOUND", `The list ${code} has no such price of ${removal.sku}.`);
      forgetCached(ctx, tx, [removal.sku]);
      return {};
    }),
);

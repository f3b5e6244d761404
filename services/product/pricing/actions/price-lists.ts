import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { pricing } from "../contract.ts";
import { pricingLimits } from "../domain/limits.ts";
import { parseList } from "../domain/list-requests.ts";
import { deleteList } from "../list-prices.store.ts";
import type { Deps } from "../setup.ts";
import { changeTerms } from "../steps/change-terms.ts";
import { noSuchList, requireList } from "../steps/price-list.ts";
import { countLists, insertList, lockList, pageOfLists, updateList } from "../terms.store.ts";
import { listView } from "../view.ts";

type Actions = typeof pricing.actions;

export const createPriceList: Handler<Actions["createList"], Deps> = transactional((ctx, request) => {
  const list = parseList(request);
  return changeTerms(ctx, async (tx) => {
    if ((await countLists(tx)) >= pricingLimits.PRICE_LISTS)
      throw new DomainError("LIMIT_REACHED", `There are at most ${pricingLimits.PRICE_LISTS} price lists.`);
    if (!(await insertList(tx, list)))
      throw new DomainError("ALREADY_EXISTS", `There is a price list ${list.code} already.`);
    return listView(list);
  });
});

export const listPriceLists: Handler<Actions["lists"], Deps> = async (ctx, params) => {
  const { page, limit, offset } = paging(params);
  const { lists, total } = await pageOfLists(ctx.db, { limit, offset });
  return { priceLists: lists.map(listView), pagination: { page, limit, total } };
};

export const getPriceList: Handler<Actions["getList"], Deps> = async (ctx, { code }) =>
  listView(await requireList(ctx.db, code));

export const setPriceList: Handler<Actions["setList"], Deps> = transactional((ctx, { currency, ...request }) =>
  changeTerms(ctx, async (tx) => {
    const before = await lockList(tx, request.code);
    if (!before) throw noSuchList(request.code);
    if (currency !== undefined && currency !== before.currency)
      throw validationError(undefined, [{ path: "/currency", message: `stays ${before.currency}: add another list` }]);
    const list = parseList({ ...request, currency: before.currency });
    await updateList(tx, list);
    return listView(list);
  }),
);

export const deletePriceList: Handler<Actions["deleteList"], Deps> = transactional((ctx, { code }) =>
  changeTerms(ctx, async (tx) => {
    if (!(await lockList(tx, code))) throw noSuchList(code);
    deleteList(tx, code);
    return {};
  }),
);

import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { momentOf } from "#lib/contract/moment.ts";
import { toMinor } from "#lib/contract/money.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { NewSkus, withKnownSkus } from "#services/product/catalog/contract.ts";
import { findDeal, insertDeal, pageOfDeals, stopDeal } from "../deals.store.ts";
import type { Deal } from "../domain/deal.ts";
import type { dealActions } from "../domain/deal-actions.ts";
import { dealLimits } from "../domain/limits.ts";
import { dealView } from "../view.ts";

type Actions = typeof dealActions;

export const createDeal: Handler<Actions["createDeal"]> = async (ctx, params) => {
  const deal = dealOf(ctx, params);
  const insert = async (isKnown: boolean) => {
    if (!isKnown) throw new NewSkus([deal.sku]); // deals are few: the catalogue is asked about each
    return insertDeal(ctx.db, deal);
  };
  const row = await withKnownSkus(ctx, [deal], () => "", insert);
  if (!row)
    throw new DomainError("LIMIT_REACHED", `A shop can have at most ${dealLimits.DEALS_OPEN} deals that are not over.`);
  dealsChanged(ctx);
  return dealView(row);
};

export const listDeals: Handler<Actions["deals"]> = async ({ db }, { ended = false, ...asked }) => {
  const { page, limit, offset } = paging(asked);
  const { rows, total } = await pageOfDeals(db, ended ? "ended" : "open", { limit, offset });
  return { deals: rows.map(dealView), pagination: { page, limit, total } };
};

export const getDeal: Handler<Actions["deal"]> = async ({ db }, { dealId }) => {
  const row = await findDeal(db, dealId);
  if (!row) throw notFound();
  return dealView(row);
};

export const endDeal: Handler<Actions["endDeal"]> = async (ctx, { dealId }) => {
  if (!(await stopDeal(ctx.db, dealId))) throw notFound();
  dealsChanged(ctx);
  return {};
};

const notFound = () => new DomainError("NOT_FOUND", "There is no such deal.");

/** Staff see it at once. What its own time and its buyers change is seen when cached answers expire, a second later. */
function dealsChanged(ctx: Pick<ActionContext, "signal">): void {
  ctx.signal("promotions.changed", {});
  ctx.signal("edge.invalidate", {});
}

/** @throws DomainError VALIDATION_FAILED */
function dealOf({ env, now }: ActionContext, params: ParamsOf<Actions["createDeal"]>): Deal {
  const { sku, currency, slots, perCustomer = 1 } = params;
  const claimSeconds = env.DEAL_CLAIM_SECONDS;
  const startsAt = momentOf(params.startsAt, "/startsAt");
  const endsAt = momentOf(params.endsAt, "/endsAt");
  const membersFrom = params.membersFrom === undefined ? null : momentOf(params.membersFrom, "/membersFrom");
  const priceMinor = toMinor(params.price, currency, "/price");
  if (endsAt <= startsAt)
    throw validationError("The deal ends before it starts.", [{ path: "/endsAt", message: "must be after startsAt" }]);
  if (endsAt <= now()) throw validationError(undefined, [{ path: "/endsAt", message: "must be in the future" }]);
  if (membersFrom && membersFrom >= startsAt)
    throw validationError("Members do not begin before others.", [
      { path: "/membersFrom", message: "must be before startsAt" },
    ]);
  const times = { claimSeconds, startsAt, endsAt, membersFrom, stoppedAt: null };
  return { dealId: newId("deal"), sku, currency, priceMinor, slots, perCustomer, ...times };
}

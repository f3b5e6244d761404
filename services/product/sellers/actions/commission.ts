import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import { toMinor } from "#lib/contract/money.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { deleteRule, pageOfRules, saveRule } from "../commission.store.ts";
import type { sellers } from "../contract.ts";
import type { CommissionRule } from "../domain/commission.ts";
import { sellerLimits } from "../domain/limits.ts";
import type { Deps } from "../setup.ts";
import { ruleView } from "../view.ts";

type Actions = typeof sellers.actions;

export const setCommission: Handler<Actions["setCommission"], Deps> = transactional(async (ctx, params) => {
  const { sellerId = null, category = null, percent, minimum, currency } = params;
  if ((minimum === undefined) !== (currency === undefined))
    throw validationError(undefined, [{ path: "/currency", message: "and minimum need one another" }]);
  const rule: CommissionRule = {
    ...{ sellerId, category, basisPoints: Math.round(percent * 100) },
    minimum:
      minimum === undefined || currency === undefined
        ? null
        : { currency, minor: toMinor(minimum, currency, "/minimum") },
  };
  if (!(await ctx.transaction((tx) => saveRule(tx, rule, sellerLimits.COMMISSION_RULES))))
    throw new DomainError("LIMIT_REACHED", `There can be at most ${sellerLimits.COMMISSION_RULES} rules.`);
  return ruleView(rule);
});

export const listCommissions: Handler<Actions["commissions"], Deps> = async ({ db }, params) => {
  const { page, limit, offset } = paging(params);
  const { rules, total } = await pageOfRules(db, { limit, offset });
  return { rules: rules.map(ruleView), pagination: { page, limit, total } };
};

export const deleteCommission: Handler<Actions["deleteCommission"], Deps> = async (
  { db },
  { sellerId = null, category = null },
) => {
  if (!(await deleteRule(db, { sellerId, category }))) throw new DomainError("NOT_FOUND");
  return {};
};

import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import { minorDigits } from "#lib/contract/money.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { pricing } from "../contract.ts";
import { pricingLimits } from "../domain/limits.ts";
import type { Deps } from "../setup.ts";
import { changeTerms } from "../steps/change-terms.ts";
import { countRates, findRate, pageOfRates, saveRate } from "../terms.store.ts";
import { rateView } from "../view.ts";

type Actions = typeof pricing.actions;

export const setExchangeRate: Handler<Actions["setRate"], Deps> = transactional(async (ctx, { from, to, rate }) => {
  minorDigits(from, "/from");
  minorDigits(to, "/to");
  if (from === to) throw validationError(undefined, [{ path: "/to", message: "must be another currency than from" }]);
  return changeTerms(ctx, async (tx) => {
    await saveRate(tx, from, to, rate);
    if ((await countRates(tx)) > pricingLimits.EXCHANGE_RATES)
      throw new DomainError("LIMIT_REACHED", `There are at most ${pricingLimits.EXCHANGE_RATES} exchange rates.`);
    const stored = await findRate(tx, from, to);
    if (!stored) throw new Error(`The rate from ${from} to ${to} was set and cannot be read.`);
    return rateView(stored);
  });
});

export const listExchangeRates: Handler<Actions["rates"], Deps> = async (ctx, params) => {
  const { page, limit, offset } = paging(params);
  const { rates, total } = await pageOfRates(ctx.db, { limit, offset });
  return { exchangeRates: rates.map(rateView), pagination: { page, limit, total } };
};

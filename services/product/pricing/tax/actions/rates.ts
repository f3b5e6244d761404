import { DomainError, validationError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { momentOf } from "#lib/contract/moment.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { pricing } from "../../contract.ts";
import type { Deps } from "../../setup.ts";
import { taxLimits } from "../domain/limits.ts";
import { STANDARD, type TaxRate } from "../domain/rates.ts";
import { isZipPattern } from "../domain/zip.ts";
import { changeTaxes } from "../steps/change-taxes.ts";
import { deleteRate, findRate, insertRate, pageOfRates, replaceRate } from "../tax.store.ts";
import { rateView } from "../view.ts";

type Actions = typeof pricing.actions;

export const createTaxRate: Handler<Actions["createTaxRate"], Deps> = transactional(async (ctx, params) => {
  const rate = rateOf(newId("taxRate"), params);
  return changeTaxes(ctx, async (tx) => {
    if (!(await insertRate(tx, rate)))
      throw new DomainError("LIMIT_REACHED", `A shop can have at most ${taxLimits.TAX_RATES} rates.`);
    return rateView(rate);
  });
});

export const listTaxRates: Handler<Actions["taxRates"], Deps> = async (ctx, { country, ...page }) => {
  const { rows, pagination } = await pageOfRates(ctx.db, country, page);
  return { rates: rows.map(rateView), pagination };
};

export const getTaxRate: Handler<Actions["taxRate"], Deps> = async (ctx, { rateId }) => {
  const rate = await findRate(ctx.db, rateId);
  if (!rate) throw notFound();
  return rateView(rate);
};

export const setTaxRate: Handler<Actions["setTaxRate"], Deps> = transactional(async (ctx, { rateId, ...params }) => {
  const rate = rateOf(rateId, params);
  return changeTaxes(ctx, async (tx) => {
    if (!(await replaceRate(tx, rate))) throw notFound();
    return rateView(rate);
  });
});

export const deleteTaxRate: Handler<Actions["deleteTaxRate"], Deps> = transactional((ctx, { rateId }) =>
  changeTaxes(ctx, async (tx) => {
    if (!(await deleteRate(tx, rateId))) throw notFound();
    return {};
  }),
);

const notFound = () => new DomainError("NOT_FOUND", "There is no such rate.");

/** @throws DomainError VALIDATION_FAILED */
function rateOf(rateId: string, params: ParamsOf<Actions["createTaxRate"]>): TaxRate {
  const { category = STANDARD, compound = false, state = null, zip = null, ...given } = params;
  const validFrom = given.validFrom === undefined ? null : momentOf(given.validFrom, "/validFrom");
  const validTo = given.validTo === undefined ? null : momentOf(given.validTo, "/validTo");
  if (validFrom && validTo && validFrom >= validTo)
    throw validationError("The rate ends before it begins.", [
      { path: "/validTo", message: "must be after validFrom" },
    ]);
  if (Number(given.rate.toFixed(taxLimits.RATE_DECIMALS)) !== given.rate) {
    const message = `must have at most ${taxLimits.RATE_DECIMALS} decimal digits`;
    throw validationError("The rate is too precise.", [{ path: "/rate", message }]);
  }
  if (zip !== null && !isZipPattern(zip)) {
    const message = "must be a postal code, the beginning of some (100*) or a range of them (90001-90899)";
    throw validationError("The postal code cannot be read.", [{ path: "/zip", message }]);
  }
  return { rateId, ...given, category, compound, state, zip, validFrom, validTo };
}

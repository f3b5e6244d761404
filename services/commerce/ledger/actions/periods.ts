import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { ledger } from "../contract.ts";
import { ledgerLimits } from "../domain/limits.ts";
import { decideClosing, periodsToShow } from "../domain/period.ts";
import { closePeriod as close, closedPeriods, closingOf, lockEntries, readPeriods } from "../periods.store.ts";

export const listPeriods: Handler<typeof ledger.actions.listPeriods> = async ({ db }) => {
  const known = await readPeriods(db);
  const closed = await closedPeriods(db, ledgerLimits.PERIODS);
  const shown = periodsToShow(
    known,
    closed.map(({ period }) => period),
    ledgerLimits.PERIODS,
  );
  const closings = closed.toReversed();
  return {
    periods: shown.map((period) => closedView(period, closings.find((closing) => closing.period >= period)?.closedAt)),
  };
};

/** While a period is closed nothing is posted, so that no entry comes into it afterwards. */
export const closePeriod: Handler<typeof ledger.actions.closePeriod> = transactional(async (ctx, { period }) =>
  ctx.transaction(async (tx) => {
    await lockEntries(tx);
    const decision = decideClosing(period, await readPeriods(tx));
    if (decision.kind === "refuse" && decision.code === "EARLIER_PERIOD_OPEN") {
      const { code, earlier } = decision;
      throw new DomainError(code, `The period ${earlier} is open; close it first.`, { earlier });
    }
    if (decision.kind === "refuse") throw new DomainError(decision.code);
    if (decision.kind === "close")
      await close(tx, period, ctx.auth.kind === "staff" ? ctx.auth.staffId : ctx.auth.kind);
    return closedView(period, (await closingOf(tx, period))?.closedAt);
  }),
);

function closedView(period: string, closedAt: Date | undefined) {
  return closedAt
    ? { period, status: "closed" as const, closedAt: closedAt.toISOString() }
    : { period, status: "open" as const };
}

import { momentOf } from "#lib/contract/moment.ts";
import { toMajor } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { turnovers } from "../balances.store.ts";
import type { ledger } from "../contract.ts";
import { ledgerLimits } from "../domain/limits.ts";
import { balanceView } from "../view.ts";

export const trialBalance: Handler<typeof ledger.actions.trialBalance> = async (ctx, { currency, at }) => {
  const until = at === undefined ? undefined : momentOf(at, "/at");
  const rows = await ctx.db.readWithin(ledgerLimits.REPORT_MS, (db) => turnovers(db, currency, until));
  const balances = rows.map(({ debitMinor, creditMinor }) => debitMinor - creditMinor);
  const sum = (sides: readonly number[]) =>
    toMajor(
      sides.filter((minor) => minor > 0).reduce((a, b) => a + b, 0),
      currency,
    );
  return {
    currency,
    at: (until ?? ctx.now()).toISOString(),
    accounts: rows.map(({ account, ...turnover }) => ({ account, ...balanceView(turnover, currency) })),
    debit: sum(balances),
    credit: sum(balances.map((minor) => -minor)),
  };
};

import { endPart, readPart } from "#lib/contract/cursor.ts";
import type { Handler } from "#mixins/service/context.ts";
import { accountNames, turnoversOf } from "../balances.store.ts";
import type { ledger } from "../contract.ts";
import { isSubledger, typeOf } from "../domain/chart.ts";
import { ledgerLimits } from "../domain/limits.ts";
import { balanceView } from "../view.ts";

type AccountKey = readonly [account: string];

export const listAccounts: Handler<typeof ledger.actions.listAccounts> = async (ctx, params) => {
  const { kind } = params;
  const part = readPart<AccountKey>(params, ["ledger.accounts", kind], [""]);
  const after = part.kind === "after" ? part.after[0] : "";
  return ctx.db.readWithin(ledgerLimits.REPORT_MS, async (db) => {
    const found = await accountNames(db, { after, kind, limit: part.limit + 1 });
    const { rows: names, pagination } = endPart(part, found, (account): AccountKey => [account], undefined);
    const few = names.filter((account) => !isSubledger(account));
    const turnovers = Map.groupBy(await turnoversOf(db, few, names.filter(isSubledger)), ({ account }) => account);
    const accounts = names.map((account) => ({
      account,
      type: typeOf(account),
      balances: (turnovers.get(account) ?? []).map((turnover) => ({
        currency: turnover.currency,
        ...balanceView(turnover, turnover.currency),
      })),
    }));
    return { accounts, pagination };
  });
};

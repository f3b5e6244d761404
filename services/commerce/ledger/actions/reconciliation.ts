import { toMajor } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { accountNames, turnoversOf } from "../balances.store.ts";
import type { ledger } from "../contract.ts";
import { accountOf } from "../domain/chart.ts";
import { ledgerLimits } from "../domain/limits.ts";
import { compareHoldings, type Holding } from "../domain/reconcile.ts";

/** The provider is asked first: what happens meanwhile is then in the books at most, and not missing in them. */
export const reconciliation: Handler<typeof ledger.actions.reconciliation> = async (ctx) => {
  const { providers } = await ctx.call("payments.balances", {}, { timeoutMs: ledgerLimits.PROVIDERS_MS });
  const booked = await ctx.db.readWithin(ledgerLimits.REPORT_MS, async (db) => {
    const accounts = await accountNames(db, { after: "", kind: "clearing", limit: ledgerLimits.CLEARING_ACCOUNTS });
    const turnovers = await turnoversOf(db, accounts, []);
    return turnovers.map(
      ({ account, currency, debitMinor, creditMinor }): Holding => ({
        provider: account.slice(accountOf("clearing", "").length),
        currency,
        minor: debitMinor - creditMinor,
      }),
    );
  });
  const held = providers.map(({ provider, balances }) => ({
    provider,
    balances: balances?.map(({ amountMinor, currency }) => ({ currency, minor: amountMinor })),
  }));
  return {
    at: ctx.now().toISOString(),
    providers: compareHoldings(booked, held).map(({ provider, currency, ledgerMinor, heldMinor }) => ({
      provider,
      account: accountOf("clearing", provider),
      currency,
      ledger: toMajor(ledgerMinor, currency),
      ...(heldMinor === undefined
        ? {}
        : { held: toMajor(heldMinor, currency), difference: toMajor(heldMinor - ledgerMinor, currency) }),
    })),
  };
};

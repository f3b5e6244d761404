import type Stripe from "stripe";
import type { Account } from "./account.ts";
import { amountIn, type Form, formOf, textOf } from "./form.ts";
import { type BalanceTransaction, type Charge, listOf, stripeId } from "./shapes.ts";

/** What Stripe pays later, as with every charge at first. */
const PENDING = "charge";

/** Something changes what Stripe holds for the account's owner. @param source the id of what it is about */
export function changeBalance(
  account: Account,
  change: { type: Stripe.BalanceTransaction.Type; amount: number; currency: string; source?: string; fee?: number },
): void {
  const { type, amount, currency, source = null, fee = 0 } = change;
  account.store.save("balance_transaction", {
    id: stripeId("txn"),
    object: "balance_transaction",
    amount,
    created: account.seconds,
    currency,
    fee,
    net: amount - fee,
    source,
    status: type === PENDING ? "pending" : "available",
    type,
  });
}

/** A charge is captured. */
export function addCharge(account: Account, { id, amount_captured: amount, currency }: Charge): void {
  changeBalance(account, { type: PENDING, amount, currency, source: id, fee: account.feeOf(amount) });
}

export function getBalance(account: Account): object {
  const all = account.store.page("balance_transaction", { limit: Number.MAX_SAFE_INTEGER });
  const sums = (status: string) => {
    const byCurrency = new Map<string, number>();
    for (const each of all) {
      const net = each.status === status ? each.net : 0;
      byCurrency.set(each.currency, (byCurrency.get(each.currency) ?? 0) + net);
    }
    return [...byCurrency].map(([currency, amount]) => ({ amount, currency, source_types: {} }));
  };
  return { object: "balance", available: sums("available"), pending: sums("pending"), livemode: false };
}

export function listBalance(account: Account, query: Form, maxPage: number): Stripe.ApiList<BalanceTransaction> {
  const created = formOf(query, "created");
  const limit = Math.min(amountIn(query, "limit") ?? 10, maxPage);
  const from = Number(textOf(created, "gte") ?? 0);
  const to = Number(textOf(created, "lt") ?? Number.MAX_SAFE_INTEGER) - 1;
  const after = textOf(query, "starting_after");
  return listOf(
    "/v1/balance_transactions",
    account.store.page("balance_transaction", { from, to, after, limit: limit + 1 }),
    limit,
  );
}

import type { Transaction } from "#lib/sql/transaction.ts";
import type { ActionContext, Transactions } from "#mixins/service/context.ts";
import type { Deps } from "../../setup.ts";

/**
 * Changes rates, settings or certificates in one transaction. This node knows the change when the caller is answered, the
 * others soon after.
 */
export async function changeTaxes<T>(
  ctx: ActionContext<Deps> & Transactions,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const done = await ctx.transaction((tx) => {
    tx.afterCommit(() => ctx.signal("pricing.taxesChanged", {}));
    return work(tx);
  });
  await ctx.deps.taxBook.refresh();
  return done;
}

import type { Transaction } from "#lib/sql/transaction.ts";
import type { ActionContext, Transactions } from "#mixins/service/context.ts";
import type { Deps } from "../setup.ts";
import { raiseTermsVersion } from "../terms.store.ts";

/** Changes lists or rates in one transaction, one change after the other. Every node notices with its next look at prices. */
export function changeTerms<T>(
  ctx: ActionContext<Deps> & Transactions,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return ctx.transaction((tx) => {
    raiseTermsVersion(tx);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return work(tx);
  });
}

import { skuFingerprint } from "#lib/contract/sku-fingerprint.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";

/** After the commit the edge forgets its answers that show one of these skus. */
export function forgetOffers(
  ctx: Pick<ServiceContext, "signal">,
  tx: Pick<Transaction, "afterCommit">,
  skus: readonly string[],
): void {
  const fingerprints = [...new Set(skus.map(skuFingerprint))];
  tx.afterCommit(() => ctx.signal("edge.invalidate", { skus: fingerprints }));
}

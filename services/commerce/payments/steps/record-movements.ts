import { toMajor } from "#lib/contract/money.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { payments } from "../contract.ts";
import type { ProviderName } from "../domain/provider-names.ts";
import { storeMovements, unknownMovements } from "../movements.store.ts";
import type { Movement } from "../providers/provider.ts";

/** Stores what a provider has listed, and publishes each movement once. */
export async function recordMovements(
  ctx: Pick<ServiceContext, "db"> & Transactions,
  provider: ProviderName,
  movements: readonly Movement[],
): Promise<void> {
  const fresh = await unknownMovements(ctx.db, provider, movements);
  if (fresh.length === 0) return;
  await ctx.transaction(async (tx) => {
    const stored = await storeMovements(tx, provider, fresh);
    for (const movement of fresh) {
      if (stored.delete(movement.movementId)) publish(tx, provider, movement);
    }
  });
}

function publish(
  tx: Transaction,
  provider: ProviderName,
  { kind, movementId, currency, amountMinor, paymentId, orderId }: Movement,
): void {
  const { ProviderFeeCharged, ProviderPaidOut } = payments.events;
  const moved = { provider, movementId, amount: toMajor(amountMinor, currency), currency };
  if (kind === "payout") tx.emit(ProviderPaidOut, moved);
  else tx.emit(ProviderFeeCharged, { ...moved, ...(paymentId ? { paymentId } : {}), ...(orderId ? { orderId } : {}) });
}

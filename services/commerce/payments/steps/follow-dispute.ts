import { newId } from "#lib/contract/ids.ts";
import { toMajor } from "#lib/contract/money.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { payments } from "../contract.ts";
import { lockDispute, saveDispute } from "../disputes.store.ts";
import type { Dispute } from "../domain/charge.ts";
import { newsOf, statusAfter } from "../domain/dispute.ts";
import type { ProviderName } from "../domain/provider-names.ts";
import { lockPayments, readPaymentOf, type StoredPayment } from "../payments.store.ts";
import type { PaymentProvider } from "../providers/provider.ts";

type Context = Pick<ServiceContext, "db" | "cause" | "log">;

/** Brings a dispute to what the provider says of it, and publishes when it is opened and closed, once each. */
export async function followDispute(
  ctx: Context,
  provider: PaymentProvider,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  const dispute = await provider.disputes?.get(reference, signal);
  if (!dispute) return;
  const charge = await provider.charge(dispute.chargeReference, signal);
  const stored = charge && (await readPaymentOf(ctx.db, charge));
  if (!stored) {
    ctx.log.warn("A dispute is about a charge that no payment knows of.", { provider: provider.name, reference });
    return;
  }
  await ctx.db.transaction(ctx.cause, (tx) => recordDispute(tx, provider.name, stored, dispute), "payments.notified");
}

async function recordDispute(
  tx: Transaction,
  provider: ProviderName,
  { paymentId, orderId, customerId, currency }: StoredPayment,
  dispute: Dispute,
): Promise<void> {
  await lockPayments(tx, [paymentId]); // two readings of a new dispute take turns
  const known = await lockDispute(tx, provider, dispute.reference);
  const disputeId = known?.disputeId ?? newId("dispute");
  const status = statusAfter(known?.status, dispute.status);
  await saveDispute(tx, { disputeId, paymentId, provider }, { ...dispute, status });
  const base = {
    provider,
    disputeId,
    paymentId,
    orderId,
    customerId,
    currency,
    amount: toMajor(dispute.amountMinor, currency),
  };
  for (const news of newsOf(known?.status, dispute.status)) {
    if (news === "opened") tx.emit(payments.events.DisputeOpened, { ...base, reason: dispute.reason });
    else tx.emit(payments.events.DisputeClosed, { ...base, outcome: dispute.status === "won" ? "won" : "lost" });
  }
}

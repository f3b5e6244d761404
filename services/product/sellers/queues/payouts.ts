import { toMajor } from "#lib/contract/money.ts";
import { workQueue } from "#mixins/service/work-queue.ts";
import { sellers } from "../contract.ts";
import { sellerLimits } from "../domain/limits.ts";
import { lockSending, markFailed, markSent } from "../payouts.store.ts";
import type { Sending, Transfer } from "../providers/payout-provider.ts";
import { accountOf, ibanRow } from "../sellers.store.ts";
import type { Deps } from "../setup.ts";

export type PayoutWork = Pick<Transfer, "currency" | "amountMinor"> & { sellerId: string };

/** Sends payouts. The id of the work is that of the payout, and the provider's key. */
export const payoutQueue = workQueue<PayoutWork, Sending, Deps>({
  name: "payout",
  table: "payout_work",
  bounds: sellerLimits.PAYOUTS,
  async attempt({ db, deps }, { workId: key, payload: { sellerId, currency, amountMinor } }, signal) {
    const account = await accountOf(db, sellerId);
    if (!deps.payouts) throw new Error("There is no provider of payouts.");
    if (!account) return { kind: "refused", reason: "The seller has no bank account." };
    const iban = await deps.vault.decrypt(account.iban, ibanRow(sellerId));
    return deps.payouts.send({ key, iban, name: account.name, currency, amountMinor }, signal);
  },
  async settle(_, tx, finished) {
    const sending = await lockSending(
      tx,
      finished.map(({ item }) => item.workId),
    );
    const byId = new Map(sending.map((payout) => [payout.payoutId, payout]));
    for (const { item, result } of finished) {
      const payout = byId.get(item.workId);
      if (!payout) continue;
      const { payoutId, sellerId, currency, period } = payout;
      const data = { payoutId, sellerId, currency, amount: toMajor(payout.amountMinor, currency) };
      const because = tx.because(item.cause);
      if (result.kind === "sent") {
        markSent(tx, payoutId, result.reference);
        because.emit(sellers.events.PayoutSent, { ...data, period: period.toISOString() });
      } else {
        markFailed(tx, payoutId, result.reason);
        because.emit(sellers.events.PayoutFailed, { ...data, reason: result.reason });
      }
    }
  },
});

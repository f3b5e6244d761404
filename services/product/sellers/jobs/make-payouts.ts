import { newId } from "#lib/contract/ids.ts";
import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { sellerLimits } from "../domain/limits.ts";
import { payoutOf, periodOf } from "../domain/payout.ts";
import { databaseNow, insertPayouts, takeTurns } from "../payouts.store.ts";
import { payoutQueue } from "../queues/payouts.ts";
import type { Deps } from "../setup.ts";

/** Pays out what had become available before the present period began: to each seller, in each currency, once a period. */
export const makePayouts = every<Deps>(sellerLimits.PAYOUT_SWEEP_MS, "make-payouts", transactional(sweep));

export async function sweep(ctx: ServiceContext<Deps> & Transactions): Promise<void> {
  if (!ctx.deps.payouts) return;
  await ctx.transaction(async (tx) => {
    const period = periodOf(await databaseNow(tx), ctx.env.SELLER_PAYOUT_DAYS);
    const payouts = (await takeTurns(tx, period)).flatMap(({ sellerId, currency, availableMinor }) => {
      const amountMinor = payoutOf(availableMinor, ctx.deps.minimumMinor(currency));
      return amountMinor > 0 ? [{ payoutId: newId("payout"), sellerId, currency, amountMinor }] : [];
    });
    if (payouts.length === 0) return;
    insertPayouts(tx, payouts, period);
    payoutQueue.enqueue(
      ctx,
      tx,
      payouts.map(({ payoutId, ...payload }) => ({ workId: payoutId, payload })),
    );
  });
}

import { toMinor } from "#lib/contract/money.ts";
import { type ActionContext, type Handler, transactional } from "#mixins/service/context.ts";
import type { orders, Receipt } from "../contract.ts";
import { findReceiptOf } from "../orders.store.ts";
import { checkPurchase } from "../steps/check-purchase.ts";
import { storeOrder } from "../steps/store-order.ts";
import { receiptView } from "../view.ts";

/**
 * Checks and places what a customer buys through another service. A source becomes one order, however often it is sent:
 * when it is an order already, the answer is that order as it is now, whatever the check says today. The order itself
 * may be why the check fails, because it has taken the last pieces.
 */
export const placePurchase: Handler<typeof orders.actions.place> = transactional(
  async (ctx, { items, repeated, ...purchase }) => {
    const { source, currency } = purchase;
    const lines = items.map(({ price, ...line }, i) => ({
      ...line,
      priceMinor: toMinor(price, currency, `/items/${i}/price`),
    }));
    const earlier = repeated ? await existingOrder(ctx, source) : undefined;
    if (earlier) return earlier;
    try {
      await checkPurchase(ctx, { lines, currency, unpricedLines: "price-changed" });
    } catch (error) {
      const concurrent = await existingOrder(ctx, source);
      if (concurrent) return concurrent;
      throw error;
    }
    const stored = await ctx.transaction((tx) => storeOrder(ctx, tx, { ...purchase, lines }));
    const receipt = stored ?? (await existingOrder(ctx, source));
    if (!receipt) throw new Error(`${source} was not stored, as if it were an order already, but it is none.`);
    return receipt;
  },
);

async function existingOrder(ctx: ActionContext, source: string): Promise<Receipt | undefined> {
  const row = await findReceiptOf(ctx.db, source);
  return row && receiptView(row);
}

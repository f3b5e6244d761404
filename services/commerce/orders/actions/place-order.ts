import { toMinor } from "#lib/contract/money.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { findReceiptOf } from "../orders.store.ts";
import { placeOrder } from "../steps/place-order.ts";
import { receiptView } from "../view.ts";

/** What another service has checked and priced. A source that is an order already gives that order, as it is now. */
export const place: Handler<typeof orders.actions.place> = transactional(async (ctx, { items, ...purchase }) => {
  const lines = items.map(({ price, ...line }, i) => ({
    ...line,
    priceMinor: toMinor(price, purchase.currency, `/items/${i}/price`),
  }));
  const receipt = await ctx.transaction((tx) => placeOrder(ctx, tx, { ...purchase, lines }));
  if (receipt) return receipt;
  const earlier = await findReceiptOf(ctx.db, purchase.source);
  if (!earlier) throw new Error(`${purchase.source} is an order and is none.`);
  return receiptView(earlier);
});

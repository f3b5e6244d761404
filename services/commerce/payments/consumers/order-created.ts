import { toMinor } from "#lib/contract/money.ts";
import { causedBy } from "#lib/events/envelope.ts";
import { onBatch } from "#mixins/service/consumers.ts";
import type { PaymentsDeps } from "../deps.ts";
import { startDue } from "../operations/start.ts";
import { seeCreated } from "../payable.store.ts";

/** What can be paid from now on. Where the stock came first, payment begins here. */
export const orderCreated = onBatch<"orders.OrderCreated", PaymentsDeps>("orders.OrderCreated", async (ctx, events) => {
  const orders = new Map(
    events.map(({ data }) => [
      data.orderId,
      {
        orderId: data.orderId,
        customerId: data.customerId,
        amountMinor: toMinor(data.totalAmount, data.currency),
        currency: data.currency,
        paymentMethodId: data.paymentMethodId,
      },
    ]),
  );
  const payables = await seeCreated(ctx.tx, [...orders.values()]);
  const causes = new Map(events.map((event) => [event.data.orderId, causedBy(event)]));
  const operations = await startDue(ctx.tx, payables, causes);
  if (operations.length > 0) ctx.tx.afterCommit(() => ctx.deps.operations.take(operations));
});

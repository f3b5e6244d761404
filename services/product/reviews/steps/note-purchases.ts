import { batchConsumer } from "#mixins/service/consumers.ts";
import { isGuest, type Purchase, perOrder } from "../domain/purchase.ts";
import { savePurchases } from "../purchases.store.ts";

/** What one event says of an order. */
type Fact = Pick<Purchase, "orderId" | "customerId"> & Partial<Purchase>;

/** Consumes events of orders: all of a batch with one statement. */
export const noteOn = batchConsumer<Fact>(({ tx }, items) => {
  const facts = items.map(({ intent }) => ({ productIds: [], paid: false, cancelled: false, ...intent }));
  return savePurchases(tx, perOrder(facts.filter((fact) => !isGuest(fact))));
});

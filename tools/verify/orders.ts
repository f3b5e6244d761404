import type { Inspection } from "./invariant.ts";
import { orderInvariants } from "./order-invariants.ts";
import { dossiersOf, everyOrder } from "./order-snapshots.ts";

/** Every order across orders, payments and inventory, in one walk for all invariants. */
export const ordersInspection: Inspection = {
  invariants: orderInvariants,
  reads: ["orders", "payments", "inventory"],
  async *look(books, ids) {
    for await (const page of ids ? [[...ids]] : everyOrder(books)) {
      const orderSnapshots = [...(await dossiersOf(books, page))];
      for (const invariant of orderInvariants) {
        const suspects = orderSnapshots.flatMap(([id, orderSnapshot]) => {
          const wrong = invariant.wrong(orderSnapshot);
          return wrong === undefined ? [] : [{ id, wrong }];
        });
        yield { invariant: invariant.name, checked: orderSnapshots.length, suspects };
      }
    }
  },
};

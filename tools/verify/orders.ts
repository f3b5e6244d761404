import type { Inspection } from "./invariant.ts";
import { orderInvariants } from "./order-invariants.ts";
import { everyOrder, orderSnapshotsOf } from "./order-snapshots.ts";

/** Every order across orders, payments and inventory, in one walk for all invariants. */
export const ordersInspection: Inspection = {
  invariants: orderInvariants,
  reads: ["orders", "payments", "inventory"],
  async *look(databases, ids) {
    for await (const page of ids ? [[...ids]] : everyOrder(databases)) {
      const snapshots = [...(await orderSnapshotsOf(databases, page))];
      for (const invariant of orderInvariants) {
        const suspects = snapshots.flatMap(([id, snapshot]) => {
          const wrong = invariant.wrong(snapshot);
          return wrong === undefined ? [] : [{ id, wrong }];
        });
        yield { invariant: invariant.name, checked: snapshots.length, suspects };
      }
    }
  },
};

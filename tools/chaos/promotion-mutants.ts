import type { Mutant } from "./mutant.ts";

export const promotionMutants: readonly Mutant[] = [
  {
    name: "promotion-counted-twice",
    file: "services/product/promotions/reservations.store.ts",
    find: `if (to === "released") giveBack(tx, changed);`,
    replace: `if (to === "released") giveBack(tx, changed);
    if (to === "committed")
      tx.write(
        \`UPDATE promotion_use SET uses = uses + 1
         WHERE promotion_id IN (SELECT promotion_id FROM redemption WHERE order_id = ANY ($1::text[]))\`,
        [changed],
      );`,
    caughtBy: "F1",
    breaks: ["promotions.within-limits"],
    why: "A use is counted when it is reserved, and once more when its order is paid. Promotions end before they were used as often as they may be.",
  },
  {
    name: "release-forgotten-after-paid",
    file: "services/product/promotions/domain/reservation.ts",
    find: `    paid: "ignore",
    cancelled: "release",`,
    replace: `    paid: "ignore",
    cancelled: "ignore",`,
    caughtBy: "F1",
    breaks: ["promotions.orders"],
    why: "A use that is paid for looks final. The code of an order that is cancelled later is lost to its customer.",
  },
  {
    name: "discount-not-taken-off",
    file: "services/commerce/orders/domain/lines.ts",
    find: "quantity * priceMinor - discountMinor;",
    replace: "quantity * priceMinor - 0 * discountMinor;",
    caughtBy: "F1",
    breaks: ["orders.total"],
    why: "The discount is shown and stored, and the total is that of the lines before it. Customers pay the whole price.",
  },
];

import { dossiersOf, everyOrder } from "./dossiers.ts";
import type { Inspection } from "./law.ts";
import { orderLaws } from "./order-laws.ts";

/** Every order across orders, payments and inventory, in one walk for all laws. */
export const ordersInspection: Inspection = {
  laws: orderLaws,
  reads: ["orders", "payments", "inventory"],
  async *look(books, ids) {
    for await (const page of ids ? [[...ids]] : everyOrder(books)) {
      const dossiers = [...(await dossiersOf(books, page))];
      for (const law of orderLaws) {
        const suspects = dossiers.flatMap(([id, dossier]) => {
          const wrong = law.wrong(dossier);
          return wrong === undefined ? [] : [{ id, wrong }];
        });
        yield { law: law.name, checked: dossiers.length, suspects };
      }
    }
  },
};

import { batchConsumer } from "#mixins/service/consumers.ts";
import { saveCategories, type ToldCategories } from "../commission.store.ts";
import type { Deps } from "../setup.ts";

type Told = Pick<ToldCategories, "categories"> & { skus: readonly string[] };

const learn = batchConsumer<Told, Deps>(async ({ tx }, items) => {
  const latest = new Map<string, ToldCategories>();
  for (const { event, intent } of items)
    for (const sku of intent.skus) {
      const other = latest.get(sku);
      if (!other || other.toldAt <= event.timestamp)
        latest.set(sku, { sku, categories: intent.categories, toldAt: event.timestamp });
    }
  await saveCategories(tx, [...latest.values()]);
});

/** Makes a consumer that keeps the categories of a product's variants. Of two events about a sku the later one counts. */
export function categoriesOn(name: "catalog.ProductCreated" | "catalog.ProductUpdated") {
  return learn(name, ({ categories, variants }) => ({ categories, skus: variants.map(({ sku }) => sku) }), {
    canWait: true,
  });
}

import { batchConsumer } from "#mixins/service/consumers.ts";
import type { Deps } from "../../setup.ts";
import { STANDARD } from "../domain/rates.ts";
import { saveCategories, type ToldCategory } from "../tax.store.ts";

type Told = Omit<ToldCategory, "toldAt">;

const learn = batchConsumer<Told, Deps>(async (ctx, items) => {
  // Of two events about a product the later one counts.
  const products = new Map(
    items.map(({ event, intent }) => [intent.productId, { ...intent, toldAt: event.timestamp }]),
  );
  await saveCategories(ctx.tx, [...products.values()]);
  ctx.tx.afterCommit(() => ctx.signal("pricing.taxesChanged", {}));
});

/** Makes a consumer that keeps the tax categories of a product's variants. */
export function categoriesOn(
  name: "catalog.ProductCreated" | "catalog.ProductUpdated",
  taxCategory: { readonly not: readonly (string | null)[] },
) {
  return learn(
    name,
    ({ productId, taxCategory: category = STANDARD, variants }) => ({
      productId,
      category,
      skus: variants.map(({ sku }) => sku),
    }),
    { where: { taxCategory }, canWait: true },
  );
}

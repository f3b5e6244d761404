import { demoBrands, demoCategories, demoProducts } from "#config/demo.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { isEmpty, lockCatalogue } from "./catalog.store.ts";
import { productFacts } from "./domain/product.ts";
import { writeProducts } from "./steps/write-products.ts";
import { insertBrand, insertCategory } from "./taxonomy.store.ts";

/** The demonstration shop's products, for a catalogue that never had any. */
export async function seedDemoProducts(ctx: ServiceContext & Transactions): Promise<void> {
  if (ctx.env.SEED_DEMO === "off" || ctx.env.production) return;
  await ctx.transaction(async (tx) => {
    await lockCatalogue(tx); // another node may be doing the same
    if (!(await isEmpty(tx))) return;
    for (const brand of demoBrands) await insertBrand(tx, brand);
    for (const category of demoCategories) await insertCategory(tx, category);
    const created = demoProducts.map(({ productId, categories, images, variants, ...rest }) =>
      productFacts(productId, { ...rest, categories: [...categories], images: [...images], variants }),
    );
    await writeProducts(ctx, tx, { created, updated: [] }, ctx.now());
  });
}

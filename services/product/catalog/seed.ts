import { demoBrands, demoCategories, demoImagesOf, demoProducts } from "#config/demo.ts";
import { demoSeed } from "#mixins/service/demo-seed.ts";
import { isEmpty, lockCatalogue } from "./catalog.store.ts";
import { planWrites, productFacts } from "./domain/product.ts";
import type { CatalogDeps } from "./setup.ts";
import { writeProducts } from "./steps/write-products.ts";
import { insertBrand, insertCategory } from "./taxonomy.store.ts";

/** The demonstration shop's brands, categories and products. */
export const seedDemo = demoSeed<CatalogDeps>(isEmpty, (ctx) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    if (!(await isEmpty(tx))) return; // another node held the lock before and has seeded
    for (const brand of demoBrands) await insertBrand(tx, brand);
    for (const category of demoCategories) await insertCategory(tx, category);
    const created = demoProducts.map(({ productId, categories, variants, ...rest }) =>
      productFacts(productId, { ...rest, categories: [...categories], images: demoImagesOf(productId), variants }),
    );
    await writeProducts(ctx, tx, planWrites(created, new Map()), ctx.now());
  }),
);

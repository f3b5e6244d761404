import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { archiveProduct } from "./actions/archive-product.ts";
import { batchProducts } from "./actions/batch-products.ts";
import { brands, createBrand, removeBrand, updateBrand } from "./actions/brands.ts";
import { categories, createCategory, removeCategory, updateCategory } from "./actions/categories.ts";
import { createProduct } from "./actions/create-product.ts";
import { getProduct, listProducts } from "./actions/read-products.ts";
import { type Deps, resolve } from "./actions/resolve.ts";
import { updateProduct } from "./actions/update-product.ts";
import { brandModel } from "./catalog.models.ts";
import { catalog } from "./contract.ts";
import { catalogLimits } from "./domain/limits.ts";
import { seedDemoProducts } from "./seed.ts";
import { SellableCache } from "./sellable-cache.ts";

export default service<typeof catalog, Deps>(catalog, {
  database: { migrations: join(import.meta.dirname, "migrations"), model: brandModel },
  setup: () => ({
    sellables: new SellableCache({
      entries: catalogLimits.RESOLVED_PRODUCTS,
      ttlMs: catalogLimits.RESOLVED_TTL_MS,
      now: () => performance.now(),
    }),
  }),
  actions: {
    list: listProducts,
    get: getProduct,
    create: createProduct,
    update: updateProduct,
    archive: archiveProduct,
    batch: batchProducts,
    resolve,
    categories,
    createCategory,
    updateCategory,
    deleteCategory: removeCategory,
    brands,
    createBrand,
    updateBrand,
    deleteBrand: removeBrand,
  },
  signals: {
    "catalog.productsChanged": ({ sellables }, { productIds }) => sellables.forget(productIds),
  },
  ready: seedDemoProducts,
});

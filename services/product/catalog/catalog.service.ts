import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { archiveProduct } from "./actions/archive-product.ts";
import { attributeSetHandlers } from "./actions/attribute-sets.ts";
import { attributeHandlers } from "./actions/attributes.ts";
import { batchProducts } from "./actions/batch-products.ts";
import { createBrand, deleteBrand, listBrands, updateBrand } from "./actions/brands.ts";
import { createCategory, deleteCategory, listCategories, updateCategory } from "./actions/categories.ts";
import { collectionHandlers } from "./actions/collections.ts";
import { createProduct } from "./actions/create-product.ts";
import { getProduct } from "./actions/get-product.ts";
import { listProducts } from "./actions/list-products.ts";
import { resolve } from "./actions/resolve.ts";
import { translationHandlers } from "./actions/translations.ts";
import { unknownSkus } from "./actions/unknown-skus.ts";
import { updateProduct } from "./actions/update-product.ts";
import { brandModel } from "./catalog.models.ts";
import { catalog } from "./contract.ts";
import { foldSearchTexts } from "./jobs/fold-search-texts.ts";
import { indexAttributes } from "./jobs/index-attributes.ts";
import { seedDemo } from "./seed.ts";
import { type CatalogDeps, setup } from "./setup.ts";

export default service<typeof catalog, CatalogDeps>(catalog, {
  database: { migrations: join(import.meta.dirname, "migrations"), model: brandModel, keepPlans: true },
  setup,
  actions: {
    list: listProducts,
    get: getProduct,
    create: createProduct,
    update: updateProduct,
    archive: archiveProduct,
    batch: batchProducts,
    resolve,
    unknownSkus,
    categories: listCategories,
    createCategory,
    updateCategory,
    deleteCategory,
    brands: listBrands,
    createBrand,
    updateBrand,
    deleteBrand,
    ...attributeHandlers,
    ...attributeSetHandlers,
    ...translationHandlers,
    ...collectionHandlers,
  },
  signals: {
    "catalog.localesChanged": ({ locales }) => locales.forget(),
    "catalog.productsChanged": ({ sellables }, { productIds }) => sellables.remove(productIds),
  },
  jobs: [foldSearchTexts, indexAttributes],
  ready: seedDemo,
});

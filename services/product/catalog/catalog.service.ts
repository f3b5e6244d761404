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
import { exportProducts } from "./actions/export-products.ts";
import { getProduct } from "./actions/get-product.ts";
import { getImport, importProducts, importProgress, listImports } from "./actions/imports.ts";
import { listProducts } from "./actions/list-products.ts";
import { publicationHandlers } from "./actions/publications.ts";
import { resolve } from "./actions/resolve.ts";
import { translationHandlers } from "./actions/translations.ts";
import { unknownSkus } from "./actions/unknown-skus.ts";
import { updateProduct } from "./actions/update-product.ts";
import { catalog } from "./contract.ts";
import { foldSearchTexts } from "./jobs/fold-search-texts.ts";
import { indexAttributes } from "./jobs/index-attributes.ts";
import { publishVersions } from "./jobs/publish-versions.ts";
import { removeOldImports } from "./jobs/remove-old-imports.ts";
import { removeOldVersions } from "./jobs/remove-old-versions.ts";
import { tellChanges, untoldChanges } from "./jobs/tell-changes.ts";
import { imports } from "./queues/imports.ts";
import { seedDemo } from "./seed.ts";
import { type CatalogDeps, setup } from "./setup.ts";
import { followSetting } from "./steps/change-mode.ts";

export default service<typeof catalog, CatalogDeps>(catalog, {
  database: { migrations: join(import.meta.dirname, "migrations"), keepPlans: true },
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
    ...publicationHandlers,
    ...attributeHandlers,
    ...attributeSetHandlers,
    ...translationHandlers,
    ...collectionHandlers,
    ...{ importProducts, getImport, listImports, importProgress, exportProducts },
  },
  signals: {
    "catalog.localesChanged": ({ locales }) => locales.forget(),
    "catalog.productsChanged": ({ sellables }, { productIds }) => sellables.remove(productIds),
    "catalog.shownChanged": ({ sellables }) => sellables.clear(),
    "reviews.ratingsChanged": ({ ratings }) => ratings.changed(),
  },
  jobs: [foldSearchTexts, indexAttributes, publishVersions, tellChanges, removeOldVersions, removeOldImports],
  alarms: { untoldChanges },
  async ready(ctx) {
    await seedDemo(ctx);
    await followSetting(ctx);
  },
  queues: [imports],
});

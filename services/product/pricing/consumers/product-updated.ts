import { categoriesOn } from "../tax/steps/learn-categories.ts";

/** A product may become a standard one again. */
export const productUpdated = categoriesOn("catalog.ProductUpdated", { not: [null] });

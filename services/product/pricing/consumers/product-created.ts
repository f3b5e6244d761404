import { STANDARD } from "../tax/domain/rates.ts";
import { categoriesOn } from "../tax/steps/learn-categories.ts";

/** Most products are taxed by the standard rate: they need no row, and their events no entry in the inbox. */
export const productCreated = categoriesOn("catalog.ProductCreated", { not: [null, STANDARD] });

import { categoriesOn } from "../steps/learn-categories.ts";

export const productUpdated = categoriesOn("catalog.ProductUpdated");

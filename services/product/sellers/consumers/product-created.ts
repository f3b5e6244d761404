import { categoriesOn } from "../steps/learn-categories.ts";

export const productCreated = categoriesOn("catalog.ProductCreated");

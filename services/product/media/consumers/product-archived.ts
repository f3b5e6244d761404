import { noteOn } from "../steps/note-products.ts";

export const productArchived = noteOn("catalog.ProductArchived", () => [], { canWait: true });

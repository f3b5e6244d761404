import { mediaIdsIn } from "../domain/references.ts";
import { noteOn } from "../steps/note-products.ts";

export const productCreated = noteOn("catalog.ProductCreated", ({ images }) => mediaIdsIn(images), { canWait: true });

import { mediaIdsIn } from "../domain/references.ts";
import { noteOn } from "../steps/note-products.ts";

export const productUpdated = noteOn("catalog.ProductUpdated", ({ images }) => mediaIdsIn(images), { canWait: true });

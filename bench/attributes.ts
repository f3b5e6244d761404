/** The part of `--products` that is about lists filtered by attributes. */

import { asObjects } from "#tools/replay/json.ts";

const COLOURS = 12;
const MATERIALS = 20;
const LEAST_KG = 0.1;
const MOST_TIMES = 500; // the heaviest product weighs so much more than the lightest
const INDEXED_MS = 600_000;
const POLL_MS = 250;

/** The attributes of a product by its number: some values are frequent and most are rare, as in any shop. */
export function attributesOf(at: number, share: (seed: number) => number) {
  return {
    colour: `colour-${Math.floor(COLOURS * share(at + 11) ** 2)}`,
    material: `material-${Math.floor(MATERIALS * share(at + 12) ** 1.5)}`,
    weight: Number((LEAST_KG * MOST_TIMES ** share(at + 13)).toFixed(2)),
    washable: share(at + 14) < 0.5,
    number: at,
  };
}

/** A request for products by a colour of two, a material and a range of weights. */
export function filteredBy(n: number, share: (seed: number) => number): string {
  const colour = (seed: number) => `colour-${Math.floor(COLOURS * share(seed))}`;
  const from = LEAST_KG * MOST_TIMES ** share(n + 23);
  return [
    `attributes.colour=${colour(n + 20)},${colour(n + 21)}`,
    `attributes.material=material-${Math.floor(MATERIALS * share(n + 22))}`,
    `attributes.weight=${from.toFixed(2)}..${(from * 3).toFixed(2)}`,
  ].join("&");
}

/** Defines the attributes that the products have already, and waits until lists find all products by them. */
export async function defineAttributes(
  post: (path: string, body: object) => Promise<unknown>,
  get: (path: string) => Promise<Record<string, unknown>>,
  products: number,
): Promise<void> {
  const types = { colour: "text", material: "text", weight: "number", washable: "boolean", number: "number" };
  for (const [code, type] of Object.entries(types)) await post("/attributes", { code, type, filterable: true });
  for (const began = performance.now(); performance.now() - began < INDEXED_MS; ) {
    const { products: found } = await get(`/products?attributes.number=${products - 1}&limit=1`);
    if (asObjects(found).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error("The products are not found by their attributes.");
}

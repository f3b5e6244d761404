import { slugOf, writeValue } from "#services/product/catalog/domain/import/cells.ts";
import { ATTRIBUTES, CATEGORIES, type Category, DEFAULT_CATEGORY } from "./icecat-rules.ts";

/**
 * Products of Icecat as a search benchmark has them: the values of their attributes stand in one text, without the names. So
 * what a shop would filter by is found in title and values by the rules of `icecat-rules.ts`.
 */
export interface IcecatProduct {
  id: string;
  title: string;
  brand: string;
  desc: string;
  attrs: string;
}

/** An attribute as `POST /attributes` takes it. */
export interface Definition {
  code: string;
  name: string;
  type: "text" | "number" | "boolean" | "option";
  options?: string[];
  unit?: string;
  filterable: boolean;
}

/** A set as `POST /attribute-sets` takes it. */
export interface SetDefinition {
  code: string;
  attributes: string[];
  extends?: string;
}

const TITLE_CHARS = 200;
const SLUG_CHARS = 150;
const VALUE_CHARS = 1_000;
/** The values as Icecat has them, for people. */
const SPECIFICATION = "specification";

export function definitions(): Definition[] {
  const found = ATTRIBUTES.map(({ code, name, type, options, unit }) => ({
    ...{ code, name, type, filterable: true },
    ...(options && { options: [...options] }),
    ...(unit && { unit }),
  }));
  return [...found, { code: SPECIFICATION, name: "Specification", type: "text", filterable: false }];
}

/** What all products have, and for each kind of product what it has besides. A set comes after the one that it extends. */
export function sets(): SetDefinition[] {
  const codesOf = (kind: string | undefined) => ATTRIBUTES.flatMap(({ code, of }) => (of === kind ? [code] : []));
  const kinds = [...new Set(ATTRIBUTES.flatMap(({ of }) => of ?? []))];
  return [
    { code: "hardware", attributes: [...codesOf(undefined), SPECIFICATION] },
    ...kinds.map((kind) => ({ code: kind, attributes: codesOf(kind), extends: "hardware" })),
  ];
}

export const HEADER = [
  ...["slug", "title", "brand", "brandName", "categories", "description", "attributeSet", "sku"],
  ...[...ATTRIBUTES.map(({ code }) => code), SPECIFICATION].map((code) => `attribute:${code}`),
];

/** A product as a row below `HEADER`. */
export function rowOf({ id, title, brand, desc, attrs }: IcecatProduct): string[] {
  const text = title.toLowerCase();
  const category = CATEGORIES.find(({ words }) => words.test(text)) ?? DEFAULT_CATEGORY;
  return [
    `${slugOf(title).slice(0, SLUG_CHARS)}-${slugOf(id)}`.replace(/^-/, ""),
    title.slice(0, TITLE_CHARS).trim(),
    slugOf(brand),
    brand,
    pathOf(category),
    desc,
    category.set ?? "hardware",
    id,
    ...ATTRIBUTES.map(({ of, find }) =>
      of === undefined || of === category.set ? writeValue(find({ title, attrs })) : "",
    ),
    writeValue(attrs.slice(0, VALUE_CHARS).trim()).replace(/^""$/, ""),
  ];
}

function pathOf({ slug, above }: Category): string {
  return above === undefined ? slug : `${above}>${slug}`;
}

/** Checks what a file has instead of believing it. */
export function icecatProducts(value: unknown): IcecatProduct[] {
  if (!Array.isArray(value)) throw new Error("The file has no array of products.");
  return value.map((one: Record<string, unknown>, at) => {
    const text = (name: string) => {
      const found = one[name];
      if (typeof found !== "string") throw new Error(`Product ${at + 1} has no text ${name}.`);
      return found;
    };
    return { id: text("id"), title: text("title"), brand: text("brand"), desc: text("desc"), attrs: text("attrs") };
  });
}

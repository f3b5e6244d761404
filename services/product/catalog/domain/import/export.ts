import { type Attributes, type AttributeValue, type ProductFacts, STANDARD_TAX } from "../product.ts";
import { writeList, writeValue } from "./cells.ts";
import type { CategoryPath } from "./draft.ts";
import { ATTRIBUTE, PATH, PRODUCT_COLUMNS, VARIANT_ATTRIBUTE, VARIANT_COLUMNS } from "./own-format.ts";
import { NO_OPTION } from "./shopify-format.ts";
import { writeTags } from "./shopify-tags.ts";

/** Which attributes have a column of their own. */
export interface AttributeColumns {
  products: readonly string[];
  variants: readonly string[];
}

/** What a file says about products besides the products themselves. */
export interface ExportContext {
  columns: AttributeColumns;
  currency: string;
  /** Decimal amounts by sku. */
  prices: ReadonlyMap<string, number>;
  brandNames: ReadonlyMap<string, string>;
  /** By the slug of the category. */
  paths: ReadonlyMap<string, CategoryPath>;
}

type Cells = string[];

/** A name with outer blanks would lose them in a header of our own format, so it has no column of its own there. */
export const canBeColumn = (name: string) => name === name.trim();

export function ownHeader({ products, variants }: AttributeColumns): Cells {
  return [
    "slug",
    ...PRODUCT_COLUMNS,
    ...VARIANT_COLUMNS,
    ...products.map((name) => `${ATTRIBUTE}${name}`),
    ...variants.map((name) => `${VARIANT_ATTRIBUTE}${name}`),
  ];
}

export function ownRows(product: ProductFacts, context: ExportContext): Cells[] {
  const { columns, currency, prices, brandNames, paths } = context;
  const { slug, brand, attributes, variants } = product;
  const cells: Record<(typeof PRODUCT_COLUMNS)[number], string> = {
    title: product.title,
    brand: brand ?? "",
    brandName: brand === null ? "" : (brandNames.get(brand) ?? ""),
    categories: writeList(product.categories.map((category) => pathText(category, paths))),
    images: writeList(product.images),
    description: product.description,
    attributeSet: product.attributeSet ?? "",
    attributes: othersOf(attributes, columns.products),
    taxCategory: product.taxCategory === STANDARD_TAX ? "" : product.taxCategory,
  };
  const facts = PRODUCT_COLUMNS.map((name) => cells[name]);
  return variants.map((variant, at) => {
    const price = prices.get(variant.sku);
    return [
      slug,
      ...(at === 0 ? facts : facts.map(() => "")),
      variant.sku,
      ...(price === undefined ? ["", ""] : [String(price), currency]),
      othersOf(variant.attributes, columns.variants),
      ...columns.products.map((name) => (at === 0 ? writeValue(valueAt(attributes, name)) : "")),
      ...columns.variants.map((name) => writeValue(valueAt(variant.attributes, name))),
    ];
  });
}

/** Attributes without a column, as JSON. */
function othersOf(attributes: Attributes, columns: readonly string[]): string {
  const known = new Set(columns);
  const others = Object.entries(attributes).filter(([name]) => !known.has(name));
  return others.length === 0 ? "" : JSON.stringify(Object.fromEntries(others));
}

function valueAt(attributes: Attributes, name: string): AttributeValue | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

function pathText(category: string, paths: ExportContext["paths"]): string {
  return (paths.get(category) ?? [{ slug: category }]).map(({ slug }) => slug).join(PATH);
}

export function shopifyHeader({ products }: AttributeColumns): Cells {
  return [
    ...["Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published"],
    ...["Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name", "Option3 Value"],
    ...["Variant SKU", "Variant Price", "Image Src", "Image Position", "Status"],
    ...products.map((name) => `${name} (product.metafields.custom.${name})`),
  ];
}

const OPTIONS = 3;

/** A row for each variant and for each image, whichever are more. */
export function shopifyRows(product: ProductFacts, context: ExportContext): Cells[] {
  const { columns, prices, brandNames, paths } = context;
  const { slug, title, brand, categories, images, description, attributes, variants } = product;
  const options = [...new Set(variants.flatMap((variant) => Object.keys(variant.attributes)))].slice(0, OPTIONS);
  const names = (paths.get(categories[0] ?? "") ?? []).map(({ name }) => name);
  const tags = { brand: brand ?? undefined, categories: categories.map((category) => pathText(category, paths)) };
  const vendor = brand === null ? "" : (brandNames.get(brand) ?? brand);
  const facts = [title, description, vendor, names.join(` ${PATH} `), names.at(-1) ?? "", writeTags(tags), "TRUE"];
  const count = Math.max(variants.length, images.length);
  return Array.from({ length: count }, (_, at) => {
    const variant = variants[at];
    const image = images[at];
    return [
      slug,
      ...(at === 0 ? facts : facts.map(() => "")),
      ...Array.from({ length: OPTIONS }, (_unused, n) => optionCells(options, n, variant?.attributes, at === 0)).flat(),
      variant?.sku ?? "",
      `${prices.get(variant?.sku ?? "") ?? ""}`,
      ...(image === undefined ? ["", ""] : [image, String(at + 1)]),
      at === 0 ? "active" : "",
      ...columns.products.map((name) => (at === 0 ? writeValue(valueAt(attributes, name)) : "")),
    ];
  });
}

function optionCells(
  options: readonly string[],
  n: number,
  attributes: Attributes | undefined,
  isFirst: boolean,
): Cells {
  if (options.length === 0 && n === 0) return [isFirst ? NO_OPTION.name : "", attributes ? NO_OPTION.value : ""];
  const name = options[n];
  const value = name !== undefined && attributes ? valueAt(attributes, name) : undefined;
  return [isFirst ? (name ?? "") : "", value === undefined ? "" : String(value)];
}

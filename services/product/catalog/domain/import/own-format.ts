import { STANDARD_TAX } from "../product.ts";
import { nameOf, readAmount, readList, readObject, readValue } from "./cells.ts";
import type {
  AttributeChanges,
  CategoryPath,
  Draft,
  DraftVariant,
  FileRow,
  NamedSlug,
  Reading,
  RowFault,
} from "./draft.ts";
import type { Format, ReadSettings } from "./formats.ts";
import type { RowGroup } from "./gather.ts";

// Our own format: a row for each variant. `docs/import.md` describes it.

/** Columns about a product: on its first row, and on the others repeated or blank. */
export const PRODUCT_COLUMNS = [
  ...(["title", "brand", "brandName", "categories", "images", "description"] as const),
  ...(["attributeSet", "attributes", "taxCategory"] as const),
] as const;
export const VARIANT_COLUMNS = ["sku", "price", "currency", "variantAttributes"] as const;
export const ATTRIBUTE = "attribute:";
export const VARIANT_ATTRIBUTE = "variant:";
/** Between a category and the one below it. */
export const PATH = ">";

type ProductColumn = (typeof PRODUCT_COLUMNS)[number];
type VariantColumn = (typeof VARIANT_COLUMNS)[number];

/** Where the columns are in a row. */
interface Layout {
  slug: number;
  product: ReadonlyMap<ProductColumn, number>;
  variant: ReadonlyMap<VariantColumn, number>;
  attributes: ReadonlyMap<string, number>;
  variantAttributes: ReadonlyMap<string, number>;
}

/** @returns the format, or what is wrong with the header; undefined when it is not a header of this format */
export function ownFormat(header: readonly string[]): Format | { fault: string } | undefined {
  const known = new Map<string, string>(
    ["slug", ...PRODUCT_COLUMNS, ...VARIANT_COLUMNS].map((name) => [name.toLowerCase(), name]),
  );
  const canonical = header.map((name) => known.get(name.trim().toLowerCase()) ?? name.trim());
  const slug = canonical.indexOf("slug");
  if (slug < 0) return undefined;
  const twice = canonical.find((name, at) => name !== "" && canonical.indexOf(name) !== at);
  if (twice !== undefined) return { fault: `The column ${twice} appears twice.` };
  if (!canonical.includes("sku")) return { fault: "The column sku is missing." };
  const unknown = canonical.find((name) => name !== "" && !known.has(name.toLowerCase()) && !isAttribute(name));
  if (unknown !== undefined) return { fault: `There is no column ${unknown}.` };
  const layout = layoutOf(canonical, slug);
  return {
    name: "csv",
    keyOf: ({ cells }) => (cells[slug] ?? "").trim(),
    read: (group, settings) => readProduct(layout, group, settings),
  };
}

function isAttribute(name: string): boolean {
  return [ATTRIBUTE, VARIANT_ATTRIBUTE].some((prefix) => name.startsWith(prefix) && name.length > prefix.length);
}

function layoutOf(names: readonly string[], slug: number): Layout {
  const placesOf = <N extends string>(columns: readonly N[]) =>
    new Map(columns.flatMap((name) => (names.includes(name) ? [[name, names.indexOf(name)] as const] : [])));
  const after = (prefix: string) =>
    new Map(names.flatMap((name, at) => (name.startsWith(prefix) ? [[name.slice(prefix.length), at] as const] : [])));
  return {
    slug,
    product: placesOf(PRODUCT_COLUMNS),
    variant: placesOf(VARIANT_COLUMNS),
    attributes: after(ATTRIBUTE),
    variantAttributes: after(VARIANT_ATTRIBUTE),
  };
}

function readProduct(layout: Layout, { key, rows }: RowGroup, settings: ReadSettings): Reading {
  const faults: RowFault[] = [];
  const cellOf = (name: ProductColumn) => {
    const at = layout.product.get(name);
    return at === undefined ? undefined : commonCell(rows, at, name, faults);
  };
  const title = cellOf("title");
  const brand = cellOf("brand");
  const categories = cellOf("categories");
  const images = cellOf("images");
  const description = cellOf("description");
  const attributeSet = cellOf("attributeSet")?.trim();
  const taxCategory = cellOf("taxCategory")?.trim();
  const draft: Draft = {
    slug: key,
    ...(title !== undefined && { title }),
    ...(brand !== undefined && { brand: readBrand(brand.trim(), cellOf("brandName")?.trim()) }),
    ...(categories !== undefined && { categories: readList(categories).map(readPath) }),
    ...(images !== undefined && { images: readList(images) }),
    ...(description !== undefined && { description }),
    ...(attributeSet !== undefined && { attributeSet: attributeSet || null }),
    ...(taxCategory !== undefined && { taxCategory: taxCategory || STANDARD_TAX }),
    attributes: {
      ...objectOf(cellOf("attributes"), "attributes", rows[0], faults),
      ...attributesOf(layout.attributes, (at, name) => commonCell(rows, at, `${ATTRIBUTE}${name}`, faults)),
    },
    variants: rows.map((row) => readVariant(layout, row, settings, faults)),
  };
  return faults.length > 0 ? { kind: "faults", faults } : { kind: "draft", draft };
}

/** The cell of a column that means the product: the first one that is not blank; the others must not contradict it. */
function commonCell(rows: readonly FileRow[], at: number, name: string, faults: RowFault[]): string {
  let common = "";
  for (const { row, cells } of rows) {
    const cell = cells[at] ?? "";
    if (cell === "" || cell === common) continue;
    if (common === "") common = cell;
    else faults.push({ row, message: `${name}: is not the same as in the product's rows before` });
  }
  return common;
}

function readVariant(layout: Layout, row: FileRow, settings: ReadSettings, faults: RowFault[]): DraftVariant {
  const cellOf = (name: VariantColumn) => row.cells[layout.variant.get(name) ?? -1];
  const price = readPrice(
    row,
    cellOf("price") ?? "",
    cellOf("currency")?.trim() || settings.currency,
    settings,
    faults,
  );
  return {
    row: row.row,
    sku: (cellOf("sku") ?? "").trim(),
    attributes: {
      ...objectOf(cellOf("variantAttributes"), "variantAttributes", row, faults),
      ...attributesOf(layout.variantAttributes, (at) => row.cells[at] ?? ""),
    },
    ...(price && { price }),
  };
}

/** The price in a cell; undefined, and perhaps a fault, where there is none. */
export function readPrice(
  { row }: { row: number },
  cell: string,
  currency: string,
  settings: ReadSettings,
  faults: RowFault[],
): { amount: number; currency: string } | undefined {
  if (cell.trim() === "") return undefined;
  const amount = readAmount(cell);
  const fault = amount === undefined ? "must be a number such as 12.50" : settings.priceFault(amount, currency);
  if (amount !== undefined && fault === undefined) return { amount, currency };
  faults.push({ row, message: `price: ${fault}` });
  return undefined;
}

function attributesOf(
  places: ReadonlyMap<string, number>,
  cellAt: (at: number, name: string) => string,
): AttributeChanges {
  return Object.fromEntries([...places].map(([name, at]) => [name, readValue(cellAt(at, name))]));
}

function objectOf(
  cell: string | undefined,
  column: string,
  row: FileRow | undefined,
  faults: RowFault[],
): AttributeChanges {
  const value = readObject(cell ?? "");
  if (value) return value;
  faults.push({ row: row?.row ?? 0, message: `${column}: must be a JSON object of texts, numbers, true and false` });
  return {};
}

function readBrand(slug: string, name: string | undefined): NamedSlug | null {
  return slug === "" ? null : { slug, name: name || nameOf(slug) };
}

export function readPath(text: string): CategoryPath {
  return text
    .split(PATH)
    .map((part) => part.trim())
    .map((slug) => ({ slug, name: nameOf(slug) }));
}

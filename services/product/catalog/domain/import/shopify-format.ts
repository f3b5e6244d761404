import { readValue, slugOf } from "./cells.ts";
import type { AttributeChanges, CategoryPath, Draft, DraftVariant, FileRow, Reading, RowFault } from "./draft.ts";
import type { Format, ReadSettings } from "./formats.ts";
import type { RowGroup } from "./gather.ts";
import { PATH, readPath, readPrice } from "./own-format.ts";
import { readTags } from "./shopify-tags.ts";

// Shopify's product file: a row for each variant, and further rows for images. Both sets of column names are read, that of
// the files before 2025 and the later one. `docs/import.md` says what is read and what is not.

const COLUMNS = {
  handle: ["handle", "url handle"],
  title: ["title"],
  body: ["body (html)", "description"],
  vendor: ["vendor"],
  category: ["product category"],
  type: ["type"],
  tags: ["tags"],
  published: ["published", "published on online store"],
  status: ["status"],
  sku: ["variant sku", "sku"],
  price: ["variant price", "price"],
  image: ["image src", "product image url"],
  imagePosition: ["image position"],
  option1: ["option1 name"],
  value1: ["option1 value"],
  option2: ["option2 name"],
  value2: ["option2 value"],
  option3: ["option3 name"],
  value3: ["option3 value"],
} as const;
type Column = keyof typeof COLUMNS;

const OPTIONS = [
  ["option1", "value1"],
  ["option2", "value2"],
  ["option3", "value3"],
] as const;
/** What Shopify writes for a product without options. */
export const NO_OPTION = { name: "Title", value: "Default Title" };

interface Layout {
  places: ReadonlyMap<Column, number>;
  /** Columns of the product's own fields, by the field's key. */
  metafields: ReadonlyMap<string, number>;
}

/** @returns undefined when it is not a header of Shopify's */
export function shopifyFormat(header: readonly string[]): Format | undefined {
  const names = header.map((name) => name.trim().toLowerCase());
  const places = new Map<Column, number>();
  for (const [column, aliases] of Object.entries(COLUMNS) as [Column, readonly string[]][]) {
    const at = names.findIndex((name) => aliases.includes(name));
    if (at >= 0) places.set(column, at);
  }
  if (!places.has("handle") || !places.has("title")) return undefined;
  const layout = { places, metafields: metafieldsOf(header) };
  return {
    name: "shopify",
    keyOf: (row) => cellOf(layout, row, "handle").trim(),
    read: (group, settings) => readProduct(layout, group, settings),
  };
}

function metafieldsOf(header: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  header.forEach((name, at) => {
    const [, key] = /\(product\.metafields\.[^.]+\.(.+)\)$/s.exec(name.trim()) ?? [];
    if (key !== undefined && !found.has(key)) found.set(key, at);
  });
  return found;
}

function cellOf({ places }: Layout, row: FileRow, column: Column): string {
  return row.cells[places.get(column) ?? -1] ?? "";
}

function readProduct(layout: Layout, group: RowGroup, settings: ReadSettings): Reading {
  const { key, rows } = group;
  const [first] = rows;
  if (!first) return { kind: "faults", faults: [] };
  const faults: RowFault[] = [];
  const cell = (column: Column) => cellOf(layout, first, column);
  const hidden = whyHidden(cell("published"), cell("status"));
  if (hidden) faults.push({ row: first.row, message: hidden });
  const tags = readTags(cell("tags"));
  const { places } = layout;
  const draft: Draft = {
    slug: key.toLowerCase(),
    title: cell("title"),
    ...(places.has("body") && { description: cell("body") }),
    ...(places.has("vendor") && { brand: brandOf(cell("vendor").trim(), tags.brand) }),
    ...((places.has("type") || places.has("category") || places.has("tags")) && {
      categories:
        tags.categories.length > 0 ? tags.categories.map(readPath) : categoriesOf(cell("category"), cell("type")),
    }),
    ...(places.has("image") && { images: imagesOf(layout, rows) }),
    attributes: attributesOf(layout, first),
    variants: variantsOf(layout, rows, settings, faults),
  };
  return faults.length > 0 ? { kind: "faults", faults } : { kind: "draft", draft };
}

/** There is no hidden product here, and one that Shopify hides must not be shown by accident. */
function whyHidden(published: string, status: string): string | undefined {
  if (published.trim().toLowerCase() === "false") return "Published: the product is not published";
  const state = status.trim().toLowerCase();
  return state === "draft" || state === "archived" ? `Status: the product is ${state}` : undefined;
}

function brandOf(vendor: string, slug: string | undefined) {
  const found = slug ?? slugOf(vendor);
  return found === "" ? null : { slug: found, name: vendor || found };
}

/** Shopify's category is a path of names, `Home > Lamps`; its type is one name. */
function categoriesOf(category: string, type: string): CategoryPath[] {
  const path = category
    .split(PATH)
    .map((name) => name.trim())
    .map((name) => ({ slug: slugOf(name), name }))
    .filter(({ slug }) => slug !== "");
  const single = { slug: slugOf(type), name: type.trim() };
  return [path, single.slug === "" ? [] : [single]].filter((found) => found.length > 0);
}

function imagesOf(layout: Layout, rows: readonly FileRow[]): string[] {
  const images = rows.flatMap((row, at) => {
    const src = cellOf(layout, row, "image").trim();
    const position = Number(cellOf(layout, row, "imagePosition").trim() || at + 1);
    return src === "" ? [] : [{ src, position: Number.isFinite(position) ? position : at + 1 }];
  });
  return [...new Set(images.sort((a, b) => a.position - b.position).map(({ src }) => src))];
}

function attributesOf({ metafields }: Layout, { cells }: FileRow): AttributeChanges {
  return Object.fromEntries([...metafields].map(([name, at]) => [name, readValue(cells[at] ?? "")]));
}

/** The first row is always a variant; a further one is, if it says something about a variant. Others have an image only. */
function variantsOf(
  layout: Layout,
  rows: readonly FileRow[],
  settings: ReadSettings,
  faults: RowFault[],
): DraftVariant[] {
  const [first] = rows;
  const names = OPTIONS.map(([name]) => (first ? cellOf(layout, first, name).trim() : ""));
  const isVariant = (row: FileRow) =>
    row === first ||
    (["sku", "value1", "value2", "value3", "price"] as const).some((name) => cellOf(layout, row, name) !== "");
  return rows.filter(isVariant).map((row, at) => {
    const price = readPrice(row, cellOf(layout, row, "price"), settings.currency, settings, faults);
    return {
      row: row.row,
      sku: cellOf(layout, row, "sku").trim() || skuOf(cellOf(layout, row, "handle").trim(), at),
      attributes: optionsOf(layout, row, names),
      ...(price && { price }),
    };
  });
}

/** Shopify sells variants without a sku; here each has one, so it follows from the product's handle. */
function skuOf(handle: string, at: number): string {
  return at === 0 ? handle.toUpperCase() : `${handle.toUpperCase()}-${at + 1}`;
}

/** Shopify's options are texts. */
function optionsOf(layout: Layout, row: FileRow, names: readonly string[]): AttributeChanges {
  return Object.fromEntries(
    OPTIONS.flatMap(([, value], at) => {
      const name = names[at] ?? "";
      const cell = cellOf(layout, row, value);
      const none = name === NO_OPTION.name && cell === NO_OPTION.value;
      return name === "" || none || cell === "" ? [] : [[name, cell] as const];
    }),
  );
}

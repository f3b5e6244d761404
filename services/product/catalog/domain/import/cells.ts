import type { AttributeValue } from "../product.ts";

// How values are written into the cells of a CSV file, and read from them. Reading gives what was written.

/**
 * The value of an attribute's cell: `true`, `false`, a number in its shortest form, or a text. A text that looks like one of
 * these, or is empty, stands in double quotes as in JSON: `"5"`.
 * @returns null for an empty cell: there is no value
 */
export function readValue(cell: string): AttributeValue | null {
  if (cell === "") return null;
  if (cell === "true" || cell === "false") return cell === "true";
  if (cell.startsWith('"')) return readQuoted(cell) ?? cell;
  if (/^-?\d/.test(cell) && String(Number(cell)) === cell) return Number(cell);
  return cell;
}

export function writeValue(value: AttributeValue | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return String(value);
  return readValue(value) === value ? value : JSON.stringify(value);
}

function readQuoted(cell: string): string | undefined {
  try {
    const value: unknown = JSON.parse(cell);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

const SEPARATOR = "|";

/** Several texts in one cell, separated by `|`, or a JSON array of texts. */
export function readList(cell: string): string[] {
  const asJson = cell.startsWith("[") ? readTexts(cell) : undefined;
  if (asJson) return asJson;
  return cell
    .split(SEPARATOR)
    .map((text) => text.trim())
    .filter((text) => text !== "");
}

export function writeList(texts: readonly string[]): string {
  const plain = texts.join(SEPARATOR);
  const read = readList(plain);
  const isSame = read.length === texts.length && read.every((text, at) => text === texts[at]);
  return isSame ? plain : JSON.stringify(texts);
}

function readTexts(cell: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(cell);
    return Array.isArray(value) && value.every((text) => typeof text === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A cell with attributes that have no column of their own: a JSON object. @returns undefined for anything else */
export function readObject(cell: string): Record<string, AttributeValue | null> | undefined {
  if (cell.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(cell);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const isPlain = Object.values(value).every((one) => ["string", "number", "boolean"].includes(typeof one));
    return isPlain ? (value as Record<string, AttributeValue>) : undefined;
  } catch {
    return undefined;
  }
}

/** A decimal number such as `12.50`. @returns undefined for anything else */
export function readAmount(cell: string): number | undefined {
  const text = cell.trim();
  return /^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
}

const SLUG_CHARS = 200;

/** A slug made of a name: `Camp Kitchen` is `camp-kitchen`. Empty when nothing of the name is left. */
export function slugOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_CHARS)
    .replace(/^-+|-+$/g, "");
}

/** A name made of a slug: `camp-kitchen` is `Camp kitchen`. */
export function nameOf(slug: string): string {
  const words = slug.replace(/[-_.]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

import type { FieldError } from "#lib/contract/errors.ts";
import { type Attribute, isDate, valueFault } from "./attributes.ts";
import type { AttributeValue, ProductFacts } from "./product.ts";

// Products are found by their attributes through terms, such as `colour=red`. A number, or a day, has two: its value, and
// the bucket that it lies in. A range is looked for by its buckets, and those that are found are compared exactly.

/** By which terms lists find a product, and its numbers, days as days since 1970. */
export interface FilterIndex {
  /** Sorted, each once. */
  terms: string[];
  /** `null`: none. */
  numbers: Record<string, number[]> | null;
}

/** What a list asks of one attribute: one of these values, or a number in one of these ranges. */
export interface AttributeFilter {
  code: string;
  terms: readonly string[];
  ranges: readonly NumberRange[];
}

/** With both ends. */
export interface NumberRange {
  from: number;
  to: number;
}

/** The terms of a product with its variants: the values of those attributes that lists can be filtered by, where they fit. */
export function filterIndex(product: ProductFacts, attributes: ReadonlyMap<string, Attribute>): FilterIndex {
  const terms = new Set<string>();
  const numbers: Record<string, number[]> = {};
  for (const values of [product.attributes, ...product.variants.map((variant) => variant.attributes)]) {
    for (const [code, value] of Object.entries(values)) {
      const attribute = attributes.get(code);
      if (!attribute?.filterable || valueFault(attribute, value) !== undefined) continue;
      terms.add(termOf(code, value));
      const number = numberOf(attribute, value);
      if (number === undefined) continue;
      terms.add(bucketTerm(code, bucketOf(number)));
      numbers[code] = [...new Set([...(numbers[code] ?? []), number])].sort((a, b) => a - b);
    }
  }
  return { terms: [...terms].sort(), numbers: Object.keys(numbers).length > 0 ? numbers : null };
}

function termOf(code: string, value: AttributeValue): string {
  return `${code}=${value}`;
}

function bucketTerm(code: string, bucket: number): string {
  return `${code}~${bucket}`;
}

/** The terms of all buckets that a range touches. */
export function bucketTerms(code: string, { from, to }: NumberRange): string[] {
  const first = bucketOf(from);
  return Array.from({ length: bucketOf(to) - first + 1 }, (_, at) => bucketTerm(code, first + at));
}

const bits = new DataView(new ArrayBuffer(8));
const LEAST = topBits(2 ** -10);
const MOST = topBits(2 ** 50);

/**
 * The bucket of a number: eight for each doubling, from 2^-10 to 2^50; numbers beyond lie in the outermost ones. A greater
 * number is never in a smaller bucket.
 */
export function bucketOf(number: number): number {
  if (number === 0) return 0;
  const bucket = Math.min(Math.max(topBits(Math.abs(number)), LEAST), MOST) - LEAST + 1;
  return number < 0 ? -bucket : bucket;
}

/** The exponent and the first three bits of the fraction of a number above 0: they grow with it. */
function topBits(number: number): number {
  bits.setFloat64(0, number);
  return bits.getUint32(0) >>> 17;
}

const DAY_MS = 86_400_000;

function numberOf({ type }: Attribute, value: AttributeValue): number | undefined {
  if (type === "number") return Number(value);
  return type === "date" ? Date.parse(`${value}T00:00:00Z`) / DAY_MS : undefined;
}

/**
 * Reads what a list asks of its attributes. Several values mean any of them; a value may be a list with commas, unless the
 * text with its commas is a value. `1..5`, `1..` and `..5` are ranges of a number or a date.
 * @param asked texts by code
 * @param pathOf JSON pointer of what is asked of an attribute
 */
export function readFilters(
  asked: Readonly<Record<string, readonly string[]>>,
  attributes: ReadonlyMap<string, Attribute>,
  pathOf: (code: string) => string,
): { filters: AttributeFilter[]; faults: FieldError[] } {
  const filters: AttributeFilter[] = [];
  const faults: FieldError[] = [];
  for (const code of Object.keys(asked).sort()) {
    const attribute = attributes.get(code);
    if (!attribute?.filterable) {
      const message = attribute ? "is an attribute that lists cannot be filtered by" : "is not an attribute";
      faults.push({ path: pathOf(code), message });
      continue;
    }
    const read = (asked[code] ?? []).map((text) => readValue(attribute, text));
    const wrong = read.find((one) => typeof one === "string");
    if (wrong !== undefined) faults.push({ path: pathOf(code), message: wrong });
    const fitting = read.filter((one) => typeof one !== "string");
    filters.push({
      code,
      terms: [...new Set(fitting.flatMap(({ terms }) => terms))].sort(),
      ranges: fitting.flatMap(({ ranges }) => ranges),
    });
  }
  return { filters, faults };
}

type Read = Pick<AttributeFilter, "terms" | "ranges">;

/** @returns what the value must be when it is not that */
function readValue(attribute: Attribute, text: string): Read | string {
  const whole = readOne(attribute, text);
  if (!text.includes(",")) return whole;
  const parts = text.split(",").map((part) => readOne(attribute, part));
  const wrong = parts.find((part) => typeof part === "string");
  const readings = [whole, ...(wrong === undefined ? parts : [])].filter((one) => typeof one !== "string");
  if (readings.length === 0) return wrong ?? "is not a value";
  return { terms: readings.flatMap(({ terms }) => terms), ranges: readings.flatMap(({ ranges }) => ranges) };
}

function readOne(attribute: Attribute, text: string): Read | string {
  const { code, type } = attribute;
  const [from, to, ...more] = text.split("..");
  if ((type === "number" || type === "date") && from !== undefined && to !== undefined && more.length === 0) {
    const ends = {
      from: from === "" ? -Number.MAX_VALUE : scalarOf(attribute, from),
      to: to === "" ? Number.MAX_VALUE : scalarOf(attribute, to),
    };
    const { from: least, to: most } = ends;
    if ((from === "" && to === "") || least === undefined || most === undefined)
      return type === "number" ? "must be a range such as 1..5" : "must be a range such as 2026-01-01..2026-01-31";
    return { terms: [], ranges: [{ from: least, to: most }] };
  }
  const value = parsed(attribute, text);
  const fault = value === undefined ? undefined : valueFault(attribute, value);
  if (value === undefined) return valueFault(attribute, text) ?? "is not a value";
  return fault ?? { terms: [termOf(code, value)], ranges: [] };
}

function parsed({ type }: Attribute, text: string): AttributeValue | undefined {
  if (type === "number") return isNumber(text) ? Number(text) : undefined;
  if (type === "boolean") return text === "true" || text === "false" ? text === "true" : undefined;
  return text;
}

function scalarOf(attribute: Attribute, text: string): number | undefined {
  if (attribute.type === "date") return isDate(text) ? numberOf(attribute, text) : undefined;
  return isNumber(text) ? Number(text) : undefined;
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text) && Number.isFinite(Number(text));
}

import type { FieldError } from "#lib/contract/errors.ts";
import { catalogLimits } from "./limits.ts";
import type { Attributes, AttributeValue, ProductFacts } from "./product.ts";

export const ATTRIBUTE_TYPES = ["text", "number", "boolean", "date", "option"] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** What one attribute of products is. */
export interface Attribute {
  code: string;
  /** For people; the code when none was given. */
  name: string;
  type: AttributeType;
  /** The values that an `option` may have; empty for other types. */
  options: string[];
  /** Of a `number`, such as `kg`; values are in this unit. */
  unit: string | null;
  /** Whether the values of a `text` are translated. */
  localised: boolean;
  /** Whether lists can be filtered by it. */
  filterable: boolean;
}

/** The attributes of a set together with those that it inherits. */
export interface WholeSet {
  attributes: readonly string[];
  /** Those of the attributes in which the variants of a product differ. */
  axes: readonly string[];
}

/** The attributes and sets that some products mention, by code. */
export interface Definitions {
  attributes: ReadonlyMap<string, Attribute>;
  sets: ReadonlyMap<string, WholeSet>;
}

/** What is wrong with the definition itself, by JSON pointer. */
export function definitionFaults({ type, options, unit, localised, filterable }: Attribute): FieldError[] {
  const faults: FieldError[] = [];
  if (type === "option" && options.length === 0) faults.push({ path: "/options", message: "must have an option" });
  if (type !== "option" && options.length > 0)
    faults.push({ path: "/options", message: `are not for the type ${type}` });
  if (type !== "number" && unit !== null) faults.push({ path: "/unit", message: `is not for the type ${type}` });
  if (type !== "text" && localised) faults.push({ path: "/localised", message: `is not for the type ${type}` });
  if (filterable && options.some((option) => option.length > catalogLimits.FILTER_TEXT_CHARS))
    faults.push({ path: "/options", message: tooLongToFilter });
  return faults;
}

const tooLongToFilter = `must be at most ${catalogLimits.FILTER_TEXT_CHARS} characters long, because lists are filtered by it`;

/** What a value of this attribute must be, when it is not that; `undefined` for a value that fits. */
export function valueFault({ type, options, unit, filterable }: Attribute, value: AttributeValue): string | undefined {
  switch (type) {
    case "text":
      if (typeof value !== "string") return "must be a text";
      return filterable && value.length > catalogLimits.FILTER_TEXT_CHARS ? tooLongToFilter : undefined;
    case "number":
      if (typeof value === "number" && Number.isFinite(value)) return undefined;
      return unit === null ? "must be a number" : `must be a number, in ${unit}`;
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "date":
      return typeof value === "string" && isDate(value) ? undefined : "must be a date such as 2026-01-31";
    case "option":
      return typeof value === "string" && options.includes(value) ? undefined : `must be ${oneOf(options)}`;
  }
}

/** Whether a text is a day of the calendar, as ISO 8601 writes it. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

const OPTIONS_SHOWN = 10;

function oneOf(options: readonly string[]): string {
  const shown = options.slice(0, OPTIONS_SHOWN).join(", ");
  return options.length > OPTIONS_SHOWN ? `one of its options, such as ${shown}` : `one of its options: ${shown}`;
}

/**
 * What is wrong with the attributes of a product: with a set, each value belongs to an attribute of the set and fits its
 * type; variants carry the values of the axes, the product those of the other attributes, and no two variants have the
 * same. Without a set the attributes are free.
 * @param path JSON pointer of the product in the request
 */
export function attributeFaults(product: ProductFacts, found: Definitions, path: string): FieldError[] {
  if (product.attributeSet === null) return [];
  const set = found.sets.get(product.attributeSet);
  if (!set) return [{ path: `${path}/attributeSet`, message: `${product.attributeSet} is not an attribute set` }];
  const axes = new Set(set.axes);
  const known = new Set(set.attributes);
  const faults = valuesOf(product.attributes, `${path}/attributes`, (code) => {
    if (!known.has(code)) return `is not an attribute of the set ${product.attributeSet}`;
    return axes.has(code) ? "is an axis: the variants carry its values" : undefined;
  });
  const combinations = new Set<string>();
  product.variants.forEach(({ attributes }, position) => {
    const at = `${path}/variants/${position}/attributes`;
    faults.push(
      ...valuesOf(attributes, at, (code) =>
        axes.has(code) ? undefined : `is not an axis of the set ${product.attributeSet}`,
      ),
    );
    const combination = JSON.stringify(set.axes.map((axis) => attributes[axis] ?? null));
    if (axes.size > 0 && combinations.has(combination))
      faults.push({ path: at, message: "are those of another variant" });
    combinations.add(combination);
  });
  return faults;

  function valuesOf(values: Attributes, at: string, misplaced: (code: string) => string | undefined): FieldError[] {
    return Object.entries(values).flatMap(([code, value]) => {
      const definition = found.attributes.get(code);
      const fault = misplaced(code) ?? (definition ? valueFault(definition, value) : "is not an attribute");
      return fault === undefined ? [] : [{ path: `${at}/${pointer(code)}`, message: fault }];
    });
  }
}

/** A name as a part of a JSON pointer. */
function pointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

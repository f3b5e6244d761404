import type { TSchema } from "typebox";
import { Check } from "typebox/schema";
import { FIELD_ERRORS_SHOWN, type FieldError } from "./errors.ts";
import { exampleId } from "./ids.ts";

const VALUES_SHOWN = 30; // allowed values in one message
const NAMES_SHOWN = 12; // known properties in one message
const NAME_CHARS_SHOWN = 100; // of a property that the client has invented

/** What contracts use of JSON Schema. */
interface Rules {
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly TSchema[];
  properties?: Readonly<Record<string, TSchema>>;
  required?: readonly string[];
  patternProperties?: Readonly<Record<string, TSchema>>;
  additionalProperties?: boolean | TSchema;
  propertyNames?: TSchema;
  minProperties?: number;
  maxProperties?: number;
  items?: TSchema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  examples?: readonly unknown[];
  "x-form"?: string;
  "x-id"?: string;
}

interface Faults {
  readonly found: FieldError[];
  /** Whether properties that the schema does not know are allowed. */
  readonly more: boolean;
}

/**
 * Says in plain words what is wrong with a value and what would be right.
 * @param more whether the value may have properties that the schema does not know
 * @returns at most `FIELD_ERRORS_SHOWN` faults; none when the value fits
 */
export function explainFaults(schema: TSchema, value: unknown, more: boolean): FieldError[] {
  const faults: Faults = { found: [], more };
  explain(schema, value, "", faults);
  return faults.found;
}

function explain(schema: TSchema, value: unknown, path: string, faults: Faults): void {
  if (faults.found.length >= FIELD_ERRORS_SHOWN) return;
  const rules = schema as Rules;
  if (rules.anyOf) explainUnion(rules.anyOf, schema, value, path, faults);
  else if (rules.enum || rules.const !== undefined || !hasType(rules.type, value))
    explainValue(schema, value, path, faults);
  else if (rules.type === "object") explainObject(rules, value as Record<string, unknown>, path, faults);
  else if (rules.type === "array") explainList(schema, value as unknown[], path, faults);
  else if (!Check(schema, value))
    add(faults, path, typeof value === "string" ? textFault(rules, value) : `must be ${expectation(schema)}`);
}

function explainValue(schema: TSchema, value: unknown, path: string, faults: Faults): void {
  if (!Check(schema, value)) add(faults, path, `must be ${expectation(schema)}`);
}

/** The faults of the one variant that the client has probably meant; if that is not clear, all that would be right. */
function explainUnion(
  variants: readonly TSchema[],
  schema: TSchema,
  value: unknown,
  path: string,
  faults: Faults,
): void {
  const perVariant = variants.map((variant) => {
    const own: Faults = { found: [], more: faults.more };
    explain(variant, value, path, own);
    return { variant: variant as Rules, found: own.found };
  });
  if (perVariant.some(({ found }) => found.length === 0)) return;
  const meant = perVariant
    .filter(({ variant }) => variant.type !== undefined && !isChoice(variant) && hasType(variant.type, value))
    .sort((a, b) => a.found.length - b.found.length)[0];
  if (meant) for (const { path: at, message } of meant.found) add(faults, at, message);
  else add(faults, path, `must be ${expectation(schema)}`);
}

function explainObject(rules: Rules, value: Record<string, unknown>, path: string, faults: Faults): void {
  const { properties = {}, required = [], patternProperties = {}, additionalProperties, propertyNames } = rules;
  for (const name of required) if (!Object.hasOwn(value, name)) add(faults, at(path, name), "is required");
  const names = Object.keys(value);
  explainCount(names.length, rules.minProperties, rules.maxProperties, "properties", path, faults);
  for (const name of names) {
    if (faults.found.length >= FIELD_ERRORS_SHOWN) return;
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const byPattern = Object.entries(patternProperties).find(([pattern]) => new RegExp(pattern, "u").test(name))?.[1];
    if (propertyNames && !Check(propertyNames, name))
      add(faults, at(path, name), `has a name that ${textFault(propertyNames, name)}`);
    else if (own ?? byPattern) explain((own ?? byPattern) as TSchema, value[name], at(path, name), faults);
    else if (typeof additionalProperties === "object")
      explain(additionalProperties, value[name], at(path, name), faults);
    else if (additionalProperties === false && !faults.more) add(faults, at(path, name), unknownName(rules));
  }
}

function unknownName({ properties = {}, patternProperties }: Rules): string {
  if (patternProperties) return "has a name that is not allowed here";
  const names = Object.keys(properties);
  return names.length === 0 ? "is not known" : `is not known; known are ${bounded(names, NAMES_SHOWN)}`;
}

function explainList(schema: TSchema, value: readonly unknown[], path: string, faults: Faults): void {
  const { items, minItems, maxItems, uniqueItems } = schema as Rules;
  if (explainCount(value.length, minItems, maxItems, "items", path, faults)) return; // a list that is too long is not looked into
  if (items)
    for (const [i, item] of value.entries()) {
      if (faults.found.length >= FIELD_ERRORS_SHOWN) return;
      explain(items, item, at(path, String(i)), faults);
    }
  if (uniqueItems && !Check({ uniqueItems: true } as TSchema, value))
    add(faults, path, "must not have the same item twice");
}

/** @returns whether there are too many */
function explainCount(
  count: number,
  least: number | undefined,
  most: number | undefined,
  what: string,
  path: string,
  faults: Faults,
): boolean {
  if (least !== undefined && count < least)
    add(faults, path, least === 1 ? "must not be empty" : `must have at least ${least} ${what}, and has ${count}`);
  if (most === undefined || count <= most) return false;
  add(faults, path, `must have at most ${most} ${what}, and has ${count}`);
  return true;
}

function textFault(rules: Rules, text: string): string {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = rules;
  const length = [...text].length; // in code points, as JSON Schema counts
  if (length > maxLength) return `must be at most ${characters(maxLength)}, and has ${length}`;
  if (length === 0 && minLength > 0) return "must not be empty";
  if (length < minLength) return `must be at least ${characters(minLength)}, and has ${length}`;
  return `must be ${form(rules)}`;
}

/** What a value must be, as the rest of a sentence that begins with "must be". */
function expectation(schema: TSchema): string {
  const rules = schema as Rules;
  if (rules.anyOf) return alternatives(rules.anyOf);
  if (rules.const !== undefined) return String(rules.const);
  if (rules.enum)
    return rules.enum.length === 1 ? String(rules.enum[0]) : `one of ${bounded(rules.enum, VALUES_SHOWN)}`;
  switch (rules.type) {
    case "string":
      return form(rules);
    case "integer":
    case "number":
      return `a ${rules.type === "integer" ? "whole " : ""}number${range(rules)}`;
    case "boolean":
      return "true or false";
    case "array":
      return "a list";
    case "object":
      return "an object";
    case "null":
      return "null";
    default:
      return "something else";
  }
}

function alternatives(variants: readonly TSchema[]): string {
  const choices = variants.filter(isChoice).flatMap((variant) => choicesOf(variant));
  const others = variants.filter((variant) => !isChoice(variant)).map(expectation);
  const all = [...(choices.length > 1 ? [`one of ${bounded(choices, VALUES_SHOWN)}`] : choices), ...others];
  return all.length < 3 ? all.join(" or ") : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
}

function choicesOf({ const: only, enum: several }: Rules): string[] {
  return (several ?? [only]).map(String);
}

function isChoice(rules: Rules): boolean {
  return rules.enum !== undefined || rules.const !== undefined;
}

function form({ "x-form": named, "x-id": kind, maxLength, examples }: Rules): string {
  if (kind) return withExample("an id", exampleId(kind));
  if (!named) return maxLength === undefined ? "a text" : `a text of at most ${characters(maxLength)}`;
  return withExample(named, examples?.[0]);
}

function withExample(text: string, example: unknown): string {
  return example === undefined ? text : `${text} such as ${example}`;
}

function range({ minimum, maximum }: Rules): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
}

function characters(count: number): string {
  return count === 1 ? "1 character" : `${count} characters`;
}

function bounded(words: readonly unknown[], most: number): string {
  const rest = words.length - most;
  return words.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function hasType(type: string | undefined, value: unknown): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    default:
      return type === undefined || typeof value === type;
  }
}

/** A JSON pointer (RFC 6901) to a property or an item. */
function at(path: string, name: string): string {
  const shown = name.length > NAME_CHARS_SHOWN ? `${name.slice(0, NAME_CHARS_SHOWN)}…` : name;
  return `${path}/${shown.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function add({ found }: Faults, path: string, message: string): void {
  if (found.length < FIELD_ERRORS_SHOWN) found.push({ path, message });
}

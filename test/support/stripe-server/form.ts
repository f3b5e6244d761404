import { invalidParameter } from "./failure.ts";

/** The parameters of a request: `card[exp_month]=12` is `{ card: { exp_month: "12" } }`, and lists have numbers as names. */
export interface Form {
  [name: string]: string | Form;
}

export function parseForm(entries: Iterable<[string, string]>): Form {
  const form: Form = {};
  for (const [name, value] of entries) {
    const path = name.split(/[[\]]+/).filter((part) => part !== "");
    let at = form;
    for (const part of path.slice(0, -1)) {
      const next = at[part];
      const inner = typeof next === "object" ? next : {};
      at[part] = inner;
      at = inner;
    }
    at[path.at(-1) ?? name] = value;
  }
  return form;
}

export function textOf(form: Form, name: string): string | undefined {
  const value = form[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function formOf(form: Form, name: string): Form {
  const value = form[name];
  return typeof value === "object" ? value : {};
}

export function listIn(form: Form, name: string): string[] {
  return Object.values(formOf(form, name)).filter((value) => typeof value === "string");
}

export function required(form: Form, name: string): string {
  const value = textOf(form, name);
  if (value === undefined) {
    throw invalidParameter(name, `Missing required param: ${name}.`, "parameter_missing");
  }
  return value;
}

/** An amount in the currency's smallest unit. */
export function amountIn(form: Form, name: string): number | undefined {
  const value = textOf(form, name);
  if (value === undefined) return undefined;
  const amount = Number(value);
  if (Number.isSafeInteger(amount) && amount >= 1) return amount;
  throw invalidParameter(name, `Invalid integer: ${value}`, "parameter_invalid_integer");
}

export function metadataIn(form: Form): Record<string, string> {
  const entries = Object.entries(formOf(form, "metadata"));
  for (const [name, value] of entries) {
    if (typeof value === "string" && value.length > 500) {
      throw invalidParameter(`metadata[${name}]`, "Metadata values can have up to 500 characters.");
    }
  }
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

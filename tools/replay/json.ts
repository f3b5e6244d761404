/** Any JSON object, before it is known what is in it. */
export type Json = Record<string, unknown>;

/** The object a text holds, or an empty one when it holds none: an answer from a proxy need not be JSON. */
export function jsonObject(text: string): Json {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

export function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function asObjects(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

/** @throws Error naming what is missing when `value` is not a text with something in it */
export function asText(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw new Error(`the shop's answer has no ${name}`);
  return value;
}

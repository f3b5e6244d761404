import { BoundedMap } from "#lib/bounded-map.ts";
import type { Attribute } from "./attributes.ts";
import { catalogLimits } from "./limits.ts";
import type { Attributes } from "./product.ts";

/** Symbols of units as `Intl.NumberFormat` names them. Others follow the number as they are. */
const UNITS: Readonly<Record<string, string>> = {
  mm: "millimeter",
  cm: "centimeter",
  m: "meter",
  km: "kilometer",
  in: "inch",
  ft: "foot",
  g: "gram",
  kg: "kilogram",
  oz: "ounce",
  lb: "pound",
  ml: "milliliter",
  l: "liter",
  s: "second",
  min: "minute",
  h: "hour",
  d: "day",
  "%": "percent",
  "°C": "celsius",
  "°F": "fahrenheit",
  "°": "degree",
  B: "byte",
  kB: "kilobyte",
  MB: "megabyte",
  GB: "gigabyte",
  TB: "terabyte",
};
const DIGITS = 20; // of a fraction: as many as were given

const formats = new BoundedMap<string, Intl.NumberFormat>(catalogLimits.NUMBER_FORMATS);

function formatOf(locale: string, unit: string | undefined): Intl.NumberFormat {
  const key = `${locale} ${unit ?? ""}`;
  let format = formats.get(key);
  if (!format) {
    const options = unit === undefined ? {} : ({ style: "unit", unit, unitDisplay: "short" } as const);
    format = new Intl.NumberFormat(locale, { ...options, maximumFractionDigits: DIGITS });
    formats.set(key, format);
  }
  return format;
}

/** A quantity as people of a locale write it: `2,4 kg`. */
export function displayQuantity(number: number, unit: string, locale: string): string {
  const known = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  const text = formatOf(locale, known).format(number);
  return known === undefined ? `${text} ${unit}` : text;
}

/**
 * For people: those values that have a unit, or a label in their language, by code.
 * @param labels of the options, by code of the attribute
 */
export function displayOf(
  values: Attributes,
  attributes: ReadonlyMap<string, Attribute>,
  labels: ReadonlyMap<string, Readonly<Record<string, string>>>,
  locale: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([code, value]): [string, string][] => {
      const unit = attributes.get(code)?.unit;
      if (typeof value === "number" && unit) return [[code, displayQuantity(value, unit, locale)]];
      const label = typeof value === "string" ? labels.get(code)?.[value] : undefined;
      return label === undefined ? [] : [[code, label]];
    }),
  );
}

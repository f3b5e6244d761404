const regions = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
/** Codes that Intl has names for although no address has them: parts and groups of countries, and placeholders. */
const NO_COUNTRIES: ReadonlySet<string> = new Set("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split(" "));

/** Whether a text is the ISO 3166-1 alpha-2 code of a country, or XK, by which Kosovo is known. */
export function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || NO_COUNTRIES.has(code) || regions.of(code) === undefined) return false;
  return new Intl.Locale(`und-${code}`).region === code; // a code that was withdrawn, such as SU, becomes another one
}

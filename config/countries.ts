const regions = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
/** Codes that Intl has names for although no address has them: parts and groups of countries, and placeholders. */
const NO_COUNTRIES: ReadonlySet<string> = new Set("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split(" "));

/** What Intl has said; it takes 0.1 ms each time, and every order has a country. At most 676 pairs of letters. */
const answers = new Map<string, boolean>();

/** Whether a text is the ISO 3166-1 alpha-2 code of a country, or XK, by which Kosovo is known. */
export function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code)) return false;
  let answer = answers.get(code);
  if (answer === undefined) {
    answer = !NO_COUNTRIES.has(code) && regions.of(code) !== undefined && isInUse(code);
    answers.set(code, answer);
  }
  return answer;
}

/** Intl replaces a code that was withdrawn, such as SU, by another one. */
function isInUse(code: string): boolean {
  return new Intl.Locale(`und-${code}`).region === code;
}

/** Where goods go to. */
export interface Place {
  /** ISO 3166-1 alpha-2 */
  country: string;
  state?: string | undefined;
  zipCode?: string | undefined;
}

/** Whether two names of a state are the same one. */
export function isSameState(one: string, other: string): boolean {
  return one.trim().toUpperCase() === other.trim().toUpperCase();
}

/** Member states of the European Union, by ISO 3166-1 alpha-2. */
const EU: ReadonlySet<string> = new Set(
  "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(" "),
);

export const isInEu = (country: string) => EU.has(country);

/** Whether a country leaves what is exported from it untaxed: the Union by Directive 2006/112/EC art. 146, the UK by VAT Notice 703. */
export const exportsUntaxed = (country: string) => isInEu(country) || country === "GB";

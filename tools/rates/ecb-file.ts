import { StartupError } from "#lib/startup-error.ts";

/** The reference rates of one day: units of each currency for one euro, as the file writes them. */
export interface ReferenceRates {
  /** As the file names it. */
  day: string;
  rates: ReadonlyMap<string, number>;
}

/**
 * Reads a file of the European Central Bank's euro foreign exchange reference rates: `eurofxref-daily.xml`, whose latest
 * `<Cube time='…'>` holds `<Cube currency='USD' rate='1.0705'/>`, or `eurofxref.csv`, a line of names and a line of
 * numbers for each day, the latest first. In both, what is not there, or `N/A`, has no rate that day.
 * @throws StartupError when it is neither
 */
export function readReferenceRates(text: string): ReferenceRates {
  const found = text.trimStart().startsWith("<") ? fromXml(text) : fromCsv(text);
  if (!found || found.rates.size === 0) throw new StartupError("The file has no reference rates of the ECB.");
  return found;
}

function fromXml(text: string): ReferenceRates | undefined {
  const [, day, ofDay] = /<Cube\s+time=['"]([\d-]+)['"]\s*>([\s\S]*?)<\/Cube>/.exec(text) ?? [];
  if (day === undefined || ofDay === undefined) return undefined;
  const cubes = [...ofDay.matchAll(/<Cube\s+currency=['"]([A-Z]{3})['"]\s+rate=['"]([\d.]+)['"]\s*\/>/g)];
  return { day, rates: ratesOf(cubes.map(([, currency = "", rate = ""]) => [currency, rate])) };
}

function fromCsv(text: string): ReferenceRates | undefined {
  const [names = [], values = []] = text.split(/\r?\n/).map((line) => line.split(",").map((cell) => cell.trim()));
  const [head, ...currencies] = names;
  const [day, ...rates] = values;
  if (head !== "Date" || day === undefined) return undefined;
  return { day, rates: ratesOf(currencies.map((currency, i) => [currency, rates[i] ?? ""])) };
}

function ratesOf(pairs: readonly (readonly [currency: string, rate: string])[]): Map<string, number> {
  const known = pairs.filter(([currency, rate]) => /^[A-Z]{3}$/.test(currency) && Number(rate) > 0);
  return new Map(known.map(([currency, rate]) => [currency, Number(rate)]));
}

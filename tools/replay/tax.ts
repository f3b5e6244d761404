import { countryCode } from "./countries.ts";
import { asObject, asObjects } from "./json.ts";
import type { Plan } from "./plan.ts";
import type { Session } from "./session.ts";
import type { Shop } from "./shop.ts";

/** The tax that all prices of the file include. */
export interface Tax {
  name: string;
  /** In percent. */
  rate: number;
}

/** Of one percent; rates have at most four decimal digits. */
const UNITS = 10_000;

/** @returns undefined for a text that is no name and percentage, such as `VAT 20` */
export function parseTax(text: string): Tax | undefined {
  const [, name, rate] = /^(\S.{0,38}) (\d{1,2}(?:\.\d{1,4})?)$/.exec(text) ?? [];
  return name === undefined ? undefined : { name, rate: Number(rate) };
}

/** What a price in pence includes of a tax, rounded half up. Worked out apart from the shop's own way. */
export function taxIn(grossMinor: number, { rate }: Tax): number {
  const units = BigInt(Math.round(rate * UNITS));
  const whole = BigInt(100 * UNITS) + units;
  return Number((2n * BigInt(grossMinor) * units + whole) / (2n * whole));
}

/** The part of an invoice's tax that belongs to what is credited of it. */
export function taxCredited(taxMinor: number, creditedMinor: number, grossMinor: number): number {
  const whole = BigInt(grossMinor);
  return Number((2n * BigInt(taxMinor) * BigInt(creditedMinor) + whole) / (2n * whole));
}

/** Gives the shop the tax in every country that the plan sells to, and prices that include it. */
export async function setTax({ orders }: Pick<Plan, "orders">, { name, rate }: Tax, shop: Shop, staff: Session) {
  const countries = [...new Set(orders.map(({ country }) => countryCode(country)))];
  for (const country of countries) {
    const { rates } = await shop.read(staff, `/tax/rates?country=${country}&limit=100`);
    const known = asObjects(rates).some((one) => one.name === name && one.rate === rate);
    if (!known) await shop.write(staff, { method: "POST", path: "/tax/rates", body: { country, name, rate } });
  }
  const { pricesInclude } = await shop.read(staff, "/tax/settings");
  const included = Object.fromEntries(countries.map((country) => [country, true]));
  const body = { pricesInclude: { ...asObject(pricesInclude), ...included } };
  await shop.write(staff, { method: "PUT", path: "/tax/settings", body });
}

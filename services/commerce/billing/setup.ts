import type { Env } from "#config/env.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { Printer } from "./documents/printer.ts";
import type { Seller } from "./domain/document.ts";
import { PendingFacts } from "./steps/pending-facts.ts";

/** What the handlers share. */
export interface BillingDeps {
  /** What this node has heard of, and no document is made of yet. */
  pending: PendingFacts;
  /** Undefined while the settings do not say who sells: then nothing is issued, and nothing is lost. */
  seller: Seller | undefined;
  printer: Printer;
}

export function setUp({ env, log }: SetupContext): BillingDeps {
  const { seller, missing } = sellerOf(env);
  if (missing.length > 0)
    log.warn(`Invoices are due but not issued until these settings are there: ${missing.join(", ")}.`);
  return { pending: new PendingFacts(), seller, printer: new Printer() };
}

/** Shown where nothing is configured, outside production. */
const DEMO: Partial<Env> = {
  SHOP_NAME: "Tradepost Demo Shop",
  SHOP_STREET: "100 Example Avenue",
  SHOP_CITY: "Exampleton",
  SHOP_ZIP_CODE: "10001",
  SHOP_EMAIL: "billing@example.com",
};

/** Who sells, by the settings, and which settings are missing for that. */
export function sellerOf(env: Env): { seller: Seller | undefined; missing: string[] } {
  const demo = !env.production && env.SHOP_NAME === undefined;
  const known = demo ? { ...DEMO, SHOP_TAX_ID: `${env.SHOP_COUNTRY}123456789`, ...env } : env;
  const { SHOP_NAME, SHOP_STREET, SHOP_CITY, SHOP_ZIP_CODE, SHOP_TAX_ID, SHOP_EMAIL, SHOP_IBAN } = known;
  const needed = { SHOP_NAME, SHOP_STREET, SHOP_CITY, SHOP_ZIP_CODE, ...(env.SHOP_TAX ? { SHOP_TAX_ID } : {}) };
  const missing = Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (!SHOP_NAME || !SHOP_STREET || !SHOP_CITY || !SHOP_ZIP_CODE || missing.length > 0) {
    return { seller: undefined, missing };
  }
  const postal = { street: SHOP_STREET, city: SHOP_CITY, state: known.SHOP_STATE ?? "", zipCode: SHOP_ZIP_CODE };
  const seller = {
    name: SHOP_NAME,
    address: { ...postal, country: env.SHOP_COUNTRY },
    ...(SHOP_TAX_ID ? { taxId: SHOP_TAX_ID } : {}),
    ...(SHOP_EMAIL ? { email: SHOP_EMAIL } : {}),
    ...(SHOP_IBAN ? { iban: SHOP_IBAN.replaceAll(" ", "") } : {}),
  };
  return { seller, missing };
}

import { toMajor } from "#lib/contract/money.ts";
import type { ListPrice, PriceList } from "./domain/lists.ts";
import type { PriceRow } from "./pricing.store.ts";
import type { StoredRate } from "./terms.store.ts";

/** A price as clients see it. */
export function priceView({ sku, currency, amountMinor, validFrom }: PriceRow) {
  return { sku, currency, amount: toMajor(amountMinor, currency), validFrom: validFrom.toISOString() };
}

/** What is null does not matter, and is left out. */
export function listView({ code, currency, customerGroup, region, startsAt, endsAt, priority }: PriceList) {
  return {
    code,
    currency,
    ...(customerGroup === null ? {} : { customerGroup }),
    ...(region === null ? {} : { region }),
    ...(startsAt === null ? {} : { startsAt: startsAt.toISOString() }),
    ...(endsAt === null ? {} : { endsAt: endsAt.toISOString() }),
    priority,
  };
}

export function listPriceView({ sku, amountMinor, minQuantity, warehouseId }: ListPrice, currency: string) {
  const amount = toMajor(amountMinor, currency);
  return { sku, amount, minQuantity, ...(warehouseId === null ? {} : { warehouseId }) };
}

export function rateView({ validFrom, ...rate }: StoredRate) {
  return { ...rate, validFrom: validFrom.toISOString() };
}

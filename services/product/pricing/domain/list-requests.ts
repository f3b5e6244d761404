import { type FieldError, validationError } from "#lib/contract/errors.ts";
import { momentOf } from "#lib/contract/moment.ts";
import { minorDigits, toMinor } from "#lib/contract/money.ts";
import type { ListPrice, PriceList } from "./lists.ts";
import { faultsOf } from "./price-list.ts";

/** A list as a request describes it. */
export interface RequestedList {
  code: string;
  currency: string;
  customerGroup?: string;
  region?: string;
  startsAt?: string;
  endsAt?: string;
  priority: number;
}

/** @throws DomainError VALIDATION_FAILED for an unknown currency, or an end that is not after the beginning */
export function parseList({ code, currency, customerGroup, region, priority, ...times }: RequestedList): PriceList {
  minorDigits(currency);
  const startsAt = times.startsAt === undefined ? null : momentOf(times.startsAt, "/startsAt");
  const endsAt = times.endsAt === undefined ? null : momentOf(times.endsAt, "/endsAt");
  if (startsAt && endsAt && endsAt <= startsAt)
    throw validationError(undefined, [{ path: "/endsAt", message: "must be after startsAt" }]);
  return { code, currency, customerGroup: customerGroup ?? null, region: region ?? null, startsAt, endsAt, priority };
}

export interface RequestedPrice {
  sku: string;
  amount: number;
  minQuantity?: number;
  warehouseId?: string;
}

/**
 * Prices of a request in integer minor units, one for each sku, quantity and warehouse: of two, the last one counts.
 * @param pathOf JSON pointer of a row in the request
 * @throws DomainError VALIDATION_FAILED naming the rows with an impossible amount
 */
export function parseListPrices(
  rows: readonly RequestedPrice[],
  { code, currency }: Pick<PriceList, "code" | "currency">,
  pathOf: (index: number) => string,
): ListPrice[] {
  const prices = new Map<string, ListPrice>();
  const errors: FieldError[] = [];
  rows.forEach(({ sku, amount, minQuantity = 1, warehouseId = null }, index) => {
    try {
      const amountMinor = toMinor(amount, currency);
      prices.set(JSON.stringify([sku, minQuantity, warehouseId]), {
        list: code,
        sku,
        minQuantity,
        warehouseId,
        amountMinor,
      });
    } catch (error) {
      errors.push(...faultsOf(error, pathOf(index)));
    }
  });
  if (errors.length > 0) throw validationError("Some prices are not valid.", errors);
  return [...prices.values()];
}

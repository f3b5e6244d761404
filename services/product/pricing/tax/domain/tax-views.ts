import { toMajor } from "#lib/contract/money.ts";

interface LineTax {
  name: string;
  rate: number;
  amountMinor: number;
  takenOffMinor?: number | undefined;
}

/** A tax of a line as clients see it. */
export function lineTaxView<Tax extends LineTax>({ amountMinor, takenOffMinor, ...tax }: Tax, currency: string) {
  const takenOff = takenOffMinor ? { takenOff: toMajor(takenOffMinor, currency) } : {};
  return { ...tax, amount: toMajor(amountMinor, currency), ...takenOff };
}

/**
 * A tax of a cart, an order or a document as clients see it.
 * @param tax without `included`, as it was stored once, it is part of the prices
 */
export function taxLineView<Tax extends LineTax & { included?: boolean | undefined }>(tax: Tax, currency: string) {
  return { ...lineTaxView(tax, currency), included: tax.included ?? true };
}

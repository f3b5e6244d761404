import { shareOf, split } from "./allocate.ts";
import { type DocumentLine, type DocumentTax, isSameTax } from "./document.ts";

/** The part of an invoice's taxes that belongs to what is credited from one sum to another. Nothing is taken off any more. */
export function sharedTaxes(
  taxes: readonly DocumentTax[],
  from: number,
  to: number,
  invoiceMinor: number,
): DocumentTax[] {
  return taxes.map(({ takenOffMinor: _, ...tax }) => ({
    ...tax,
    amountMinor: shareOf(tax.amountMinor, from, to, invoiceMinor),
  }));
}

/**
 * The lines of a credit note: one, or one for each tax where the goods of the invoice have different ones, in proportion to
 * what was paid for these.
 */
export function creditedLines(
  title: string,
  totalMinor: number,
  invoiced: readonly DocumentLine[],
  taxes: readonly DocumentTax[],
): DocumentLine[] {
  if (taxes.length < 2 || invoiced.some((line) => line.taxes?.length !== 1)) return [lineOf(title, totalMinor, taxes)];
  const paid = taxes.map((tax) =>
    invoiced
      .filter(({ taxes: [own] = [] }) => own && isSameTax(own, tax))
      .reduce((sum, line) => sum + paidMinor(line, tax), 0),
  );
  const parts = split(totalMinor, paid);
  return taxes.flatMap((tax, at) => {
    const part = parts[at] ?? 0;
    return part > 0 ? [lineOf(`${title}: ${tax.name} ${tax.rate} %`, part, [tax])] : [];
  });
}

function paidMinor({ totalMinor, taxes: [own] = [] }: DocumentLine, { included = true }: DocumentTax): number {
  return totalMinor + (included ? 0 : (own?.amountMinor ?? 0)) - (own?.takenOffMinor ?? 0);
}

/** @param totalMinor with all taxes; the price of the line has only those that prices include */
function lineOf(title: string, totalMinor: number, taxes: readonly DocumentTax[]): DocumentLine {
  const added = taxes.reduce((sum, { included = true, amountMinor }) => sum + (included ? 0 : amountMinor), 0);
  const price = { priceMinor: totalMinor - added, totalMinor: totalMinor - added };
  const own = taxes.map(({ included: _, ...tax }) => tax);
  return { title, quantity: 1, ...price, ...(own.length > 0 ? { taxes: own } : {}) };
}

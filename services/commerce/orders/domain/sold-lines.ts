import { toMajor } from "#lib/contract/money.ts";
import type { EventData } from "#lib/contract/types.ts";
import { type Line, sellerOf } from "./lines.ts";
import type { LineTax, OrderTerms } from "./terms.ts";

interface Sold extends Pick<OrderTerms, "taxes" | "lineTaxes"> {
  lines: readonly Line[];
  currency: string;
}

/** The lines of an order as its event tells them: those of sellers with what of their price the seller does not get. */
export function soldLines({ lines, currency, taxes, lineTaxes }: Sold): EventData<"orders.OrderCreated">["items"] {
  const included = new Set(taxes.filter(({ included = true }) => included).map(keyOf));
  return lines.map((line, at) => {
    const { productId, sku, title, quantity, priceMinor, discountMinor = 0 } = line;
    const item = { productId, sku, title, quantity, price: toMajor(priceMinor, currency) };
    if (line.sellerId === undefined) return item;
    const taxMinor = (lineTaxes[at] ?? []).reduce((sum, tax) => sum + inPrice(tax, included.has(keyOf(tax))), 0);
    return {
      ...item,
      ...sellerOf(line),
      ...(discountMinor === 0 ? {} : { discount: toMajor(discountMinor, currency) }),
      ...(taxMinor === 0 ? {} : { includedTax: toMajor(taxMinor, currency) }),
    };
  });
}

/** What is taken off for a buyer who need not pay a tax was in the price, too. */
function inPrice({ amountMinor, takenOffMinor = 0 }: LineTax, isIncluded: boolean): number {
  return (isIncluded ? amountMinor : 0) + takenOffMinor;
}

/** The taxes of lines are added up by these. */
function keyOf({ name, rate, reason }: LineTax): string {
  return JSON.stringify([name, rate, reason]);
}

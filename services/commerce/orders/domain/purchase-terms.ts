import type { Line } from "./lines.ts";
import type { ShippingMethod } from "./shipping-methods.ts";

/** What a customer agrees to with a purchase. */
export interface PurchaseTerms {
  lines: readonly Pick<Line, "sku" | "quantity" | "priceMinor">[];
  currency: string;
  shippingAddress: object;
  shippingMethod: ShippingMethod;
  paymentMethodId: string;
  email: string | null;
}

/** Whether two purchases are the same: equal products at equal prices, in any sequence, with equal address and methods. */
export function sameTerms(one: PurchaseTerms, other: PurchaseTerms): boolean {
  return termsOf(one) === termsOf(other);
}

function termsOf({ lines, currency, shippingAddress, shippingMethod, paymentMethodId, email }: PurchaseTerms): string {
  const contents = lines.map(({ sku, quantity, priceMinor }) => JSON.stringify([sku, quantity, priceMinor])).toSorted();
  const address = Object.entries(shippingAddress).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([contents, currency, address, shippingMethod, paymentMethodId, email]);
}

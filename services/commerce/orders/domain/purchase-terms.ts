import type { Line } from "./lines.ts";
import type { ShippingMethod } from "./shipping-methods.ts";

/** What a customer agrees to with a purchase. */
export interface PurchaseTerms {
  lines: readonly Pick<Line, "sku" | "quantity" | "priceMinor">[];
  currency: string;
  shippingAddress: object;
  /** Null: the same as the shipping address. */
  billingAddress: object | null;
  shippingMethod: ShippingMethod;
  paymentMethodId: string;
  email: string | null;
}

/** Whether two purchases are the same: equal products at equal prices, in any sequence, with equal addresses and methods. */
export function sameTerms(one: PurchaseTerms, other: PurchaseTerms): boolean {
  return termsOf(one) === termsOf(other);
}

function termsOf({ lines, currency, paymentMethodId, shippingMethod, email, ...addresses }: PurchaseTerms): string {
  const contents = lines.map(({ sku, quantity, priceMinor }) => JSON.stringify([sku, quantity, priceMinor])).toSorted();
  const shipping = sorted(addresses.shippingAddress);
  const billing = addresses.billingAddress && sorted(addresses.billingAddress);
  return JSON.stringify([contents, currency, shipping, billing, shippingMethod, paymentMethodId, email]);
}

function sorted(address: object): [string, unknown][] {
  return Object.entries(address).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

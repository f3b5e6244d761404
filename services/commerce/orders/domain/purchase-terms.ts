import { plainTaxNumber } from "#services/product/pricing/contract.ts";
import { couponKey } from "#services/product/promotions/contract.ts";
import { offerKey } from "#services/product/sellers/contract.ts";
import type { Line } from "./lines.ts";
import type { ShippingMethod } from "./shipping-methods.ts";
import type { TaxId, Tender } from "./terms.ts";

/** What a customer agrees to with a purchase. */
export interface PurchaseTerms {
  lines: readonly Pick<Line, "sku" | "sellerId" | "quantity" | "priceMinor">[];
  currency: string;
  shippingAddress: object;
  /** Null: the same as the shipping address. */
  billingAddress: object | null;
  shippingMethod: ShippingMethod;
  paymentMethodId: string;
  email: string | null;
  tenders: readonly Tender[];
  taxId: TaxId | null;
  coupons: readonly string[];
}

/**
 * Whether two purchases are the same: equal products at equal prices, in any sequence, with equal addresses and methods, and
 * the same gift cards and coupons. What each of these pays or takes off may differ, because an order changes what is left for
 * the next one, and so may the taxes, which follow from the rest and the rates of the day.
 */
export function sameTerms(one: PurchaseTerms, other: PurchaseTerms): boolean {
  return termsOf(one) === termsOf(other);
}

function termsOf({ lines, tenders, coupons, taxId, ...terms }: PurchaseTerms): string {
  const { currency, shippingMethod, paymentMethodId, email, shippingAddress, billingAddress } = terms;
  const contents = lines.map((line) => JSON.stringify([offerKey(line), line.quantity, line.priceMinor])).toSorted();
  const addresses = [sorted(shippingAddress), billingAddress && sorted(billingAddress)];
  const named = tenders.map((tender) => (tender.type === "giftCard" ? tender.giftCardId : tender.type));
  const taxNumber = taxId && plainTaxNumber(taxId.number);
  const codes = coupons.map(couponKey).toSorted();
  return JSON.stringify([
    contents,
    currency,
    addresses,
    shippingMethod,
    paymentMethodId,
    email,
    named,
    taxNumber,
    codes,
  ]);
}

function sorted(address: object): [string, unknown][] {
  return Object.entries(address).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

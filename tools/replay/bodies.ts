import { countryCode } from "./countries.ts";
import { asText, type Json } from "./json.ts";
import { CURRENCY, formatPence, toAmount } from "./pence.ts";
import { type PlannedOrder, type PlannedProduct, skuOf } from "./plan.ts";

/** What the shop calls the things of the plan. */
export interface KnownIds {
  /** By code. */
  products: ReadonlyMap<string, string>;
  /** By name. */
  sellers: ReadonlyMap<string, string>;
}

export function slugOf(code: string): string {
  return `retail-${code.toLowerCase()}`;
}

export function productBody({ code, title, pricesMinor }: PlannedProduct): Json {
  return {
    title: title || `Item ${code}`,
    slug: slugOf(code),
    variants: pricesMinor.map((priceMinor) => ({
      sku: skuOf(code, priceMinor),
      attributes: { price: formatPence(priceMinor) },
    })),
  };
}

export function orderBody(customerId: string, order: PlannedOrder, { products, sellers }: KnownIds): Json {
  const country = countryCode(order.country);
  return {
    customerId,
    items: order.items.map(({ code, sku, quantity, priceMinor, seller }) => ({
      productId: asText(products.get(code), `product of ${sku}`),
      ...{ sku, quantity, price: toAmount(priceMinor) },
      ...(seller === undefined ? {} : { sellerId: asText(sellers.get(seller), `id of ${seller}`) }),
    })),
    // The file knows no more of an address than its country.
    shippingAddress: { street: "1 Replay Street", city: "Retail", state: country, zipCode: "00000", country },
    paymentMethodId: "pm_card_visa",
    currency: CURRENCY,
  };
}

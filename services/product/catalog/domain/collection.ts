import type { AttributeValue } from "./product.ts";

/** Which products are in a collection: those that fit all of this. */
export interface Rule {
  category?: string;
  brand?: string;
  /** Any of these values, or a range such as `1..5`, by code. */
  attributes?: Record<string, AttributeValue | AttributeValue[]>;
  /** The lowest price of a product. */
  priceBelow?: Price;
  priceAbove?: Price;
}

interface Price {
  amount: number;
  currency: string;
}

export interface Collection {
  code: string;
  title: string;
  rule: Rule;
}

/** What the lowest price of a product must be, in minor units of one currency. */
export interface PriceRule {
  currency: string;
  /** `null`: any. */
  below: number | null;
  above: number | null;
}

/** What a rule asks of attributes, as lists do. */
export function askedAttributes({ attributes = {} }: Rule): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(attributes).map(([code, values]) => [code, [values].flat().map((value) => String(value))]),
  );
}

/** The bounds of prices in a rule; `undefined` without any. Both are in one currency. */
export function priceRule({ priceBelow, priceAbove }: Rule, toMinor: (price: Price) => number): PriceRule | undefined {
  const currency = (priceBelow ?? priceAbove)?.currency;
  if (currency === undefined) return undefined;
  return {
    currency,
    below: priceBelow ? toMinor(priceBelow) : null,
    above: priceAbove ? toMinor(priceAbove) : null,
  };
}

/** Whether a product with these prices is meant. One without a price is not. */
export function hasPrice({ below, above }: PriceRule, pricesMinor: readonly number[]): boolean {
  if (pricesMinor.length === 0) return false;
  const lowest = Math.min(...pricesMinor);
  return (below === null || lowest < below) && (above === null || lowest > above);
}

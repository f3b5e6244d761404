export const ROUND_PER = ["line", "order"] as const;

/** How the shop taxes. */
export interface TaxSettings {
  /** Where the shop is (`SHOP_COUNTRY`). */
  sellerCountry: string;
  /** Whether prices include the taxes, by the country that goods go to. */
  pricesInclude: Readonly<Record<string, boolean>>;
  /** Whether they do in countries that are not named. */
  pricesIncludeElsewhere: boolean;
  /** What is rounded to minor units: the tax of each line, or that of the whole order. */
  roundPer: (typeof ROUND_PER)[number];
  /** `SHOP_TAX`: what prices include of a tax in every country that has no rates. */
  shopTax?: { name: string; rate: number } | undefined;
}

/** @param shopTax name and percent, such as `VAT 20`; undefined: there is none */
export function parseShopTax(shopTax: string | undefined): TaxSettings["shopTax"] {
  const [, name, percent] = /^(.+) (\d+(?:\.\d+)?)$/.exec(shopTax ?? "") ?? [];
  return name === undefined ? undefined : { name, rate: Number(percent) };
}

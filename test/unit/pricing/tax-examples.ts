import type { TaxRate } from "#services/product/pricing/tax/domain/rates.ts";
import type { TaxSettings } from "#services/product/pricing/tax/domain/settings.ts";

/** A rate of 5 % in Canada, unless stated otherwise. */
export function rateOf(change: Partial<TaxRate>): TaxRate {
  return {
    ...{ rateId: "tax_0", country: "CA", state: null, zip: null, category: "standard", name: "GST", rate: 5 },
    ...{ compound: false, validFrom: null, validTo: null, ...change },
  };
}

export function settingsOf(change: Partial<TaxSettings>): TaxSettings {
  return { sellerCountry: "CA", pricesInclude: {}, pricesIncludeElsewhere: false, roundPer: "order", ...change };
}

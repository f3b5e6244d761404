import type { ResultOf } from "#lib/contract/types.ts";
import type { pricing } from "../contract.ts";
import type { TaxRate } from "./domain/rates.ts";
import type { StoredExemption, StoredSettings } from "./tax.store.ts";

type Actions = typeof pricing.actions;

export function rateView({ state, zip, validFrom, validTo, ...rate }: TaxRate): ResultOf<Actions["taxRate"]> {
  return {
    ...rate,
    ...(state === null ? {} : { state }),
    ...(zip === null ? {} : { zip }),
    ...(validFrom === null ? {} : { validFrom: validFrom.toISOString() }),
    ...(validTo === null ? {} : { validTo: validTo.toISOString() }),
  };
}

export function settingsView({ pricesInclude, ...settings }: StoredSettings): ResultOf<Actions["taxSettings"]> {
  return { ...settings, pricesInclude: { ...pricesInclude } };
}

export function exemptionView({ state, validUntil, ...exemption }: StoredExemption) {
  return { ...exemption, ...(state === null ? {} : { state }), validUntil: validUntil.toISOString() };
}

import { isCountry } from "#config/countries.ts";
import { validationError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { pricing } from "../../contract.ts";
import type { Deps } from "../../setup.ts";
import { changeTaxes } from "../steps/change-taxes.ts";
import { readSettings, saveSettings } from "../tax.store.ts";
import { settingsView } from "../view.ts";

type Actions = typeof pricing.actions;

export const getTaxSettings: Handler<Actions["taxSettings"], Deps> = async (ctx) =>
  settingsView(await readSettings(ctx.db));

export const setTaxSettings: Handler<Actions["setTaxSettings"], Deps> = transactional(async (ctx, change) => {
  const unknown = Object.keys(change.pricesInclude ?? {}).filter((country) => !isCountry(country));
  if (unknown.length > 0) {
    const message = "must be the ISO 3166-1 alpha-2 code of a country";
    throw validationError(
      undefined,
      unknown.map((country) => ({ path: `/pricesInclude/${country}`, message })),
    );
  }
  return changeTaxes(ctx, async (tx) => settingsView(await saveSettings(tx, change)));
});

import type { Handler } from "#mixins/service/context.ts";
import type { pricing } from "../../contract.ts";
import type { Deps } from "../../setup.ts";
import { taxesFor } from "../domain/taxes-for.ts";
import { parseTaxId } from "../domain/vat-number.ts";
import { categoriesOf, exemptionsOf } from "../tax.store.ts";

/** Asks the database only for certificates and categories, and only where there are any. */
export const getTaxes: Handler<typeof pricing.actions.taxes, Deps> = async (ctx, { lines, customerId, ...asked }) => {
  const taxId = asked.taxId === undefined ? undefined : parseTaxId(asked.taxId);
  const { taxBook } = ctx.deps;
  const { rates, settings, exempts, categories } = taxBook.at(ctx.now());
  const skus = [...new Set(lines.map(({ sku }) => sku))];
  const [certificates, categoryOf] = await Promise.all([
    exempts && customerId !== undefined ? exemptionsOf(ctx.db, customerId) : [],
    categories ? categoriesOf(ctx.db, skus) : new Map<string, string>(),
  ]);
  const taxed = lines.map(({ sku, totalMinor }) => ({ totalMinor, category: categoryOf.get(sku) }));
  const { country = settings.sellerCountry, ...place } = asked.address ?? {};
  const buyer = { vatCountry: taxId?.vatCountry, exemptions: certificates.filter(({ valid }) => valid) };
  const answer = taxesFor(rates, settings, taxed, { country, ...place }, buyer);
  return { taxed: taxBook.taxed, ...answer, ...(taxId ? { taxId } : {}) };
};

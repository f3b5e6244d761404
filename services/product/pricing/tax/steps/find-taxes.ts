import type { ParamsOf } from "#lib/contract/types.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import type { pricing } from "../../contract.ts";
import type { Deps } from "../../setup.ts";
import { taxesFor } from "../domain/taxes-for.ts";
import { parseTaxId } from "../domain/vat-number.ts";
import { categoriesOf, exemptionsOf } from "../tax.store.ts";

type Asked = Omit<ParamsOf<typeof pricing.actions.taxes>, "currency">;

/**
 * The taxes of lines that go to an address. Asks the database only for certificates and categories, and only where there are
 * any.
 * @param at which rates count
 * @throws DomainError VALIDATION_FAILED for a tax id that cannot be one
 */
export async function findTaxes(
  { db, deps: { taxBook } }: Pick<ServiceContext<Deps>, "db" | "deps">,
  { lines, customerId, ...asked }: Asked,
  at: Date,
) {
  const taxId = asked.taxId === undefined ? undefined : parseTaxId(asked.taxId);
  const { rates, settings, exempts, categories } = taxBook.at(at);
  const skus = [...new Set(lines.map(({ sku }) => sku))];
  const [certificates, categoryOf] = await Promise.all([
    exempts && customerId !== undefined ? exemptionsOf(db, customerId) : [],
    categories ? categoriesOf(db, skus) : new Map<string, string>(),
  ]);
  const taxed = lines.map(({ sku, totalMinor }) => ({ totalMinor, category: categoryOf.get(sku) }));
  const { country = settings.sellerCountry, ...place } = asked.address ?? {};
  const buyer = { vatCountry: taxId?.vatCountry, exemptions: certificates.filter(({ valid }) => valid) };
  return { ...taxesFor(rates, settings, taxed, { country, ...place }, buyer), ...(taxId ? { taxId } : {}) };
}

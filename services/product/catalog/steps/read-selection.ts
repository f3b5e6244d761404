import { type FieldError, validationError } from "#lib/contract/errors.ts";
import { toMinor } from "#lib/contract/money.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { findAttributes } from "../attributes.store.ts";
import { findCollection } from "../collections.store.ts";
import { type AttributeFilter, readFilters } from "../domain/attribute-filter.ts";
import type { Attribute } from "../domain/attributes.ts";
import { askedAttributes, type PriceRule, priceRule } from "../domain/collection.ts";
import type { AskedFacets } from "../product-filters.store.ts";

/** What a list asks beside its category, brand and text. */
export interface Selection {
  filters: readonly AttributeFilter[];
  facets: AskedFacets | undefined;
  /** What the rule of its collection asks, beside attributes. */
  collection: { code: string; category: string | undefined; brand: string | undefined } | undefined;
  price: PriceRule | undefined;
}

interface Asked {
  attributes?: Readonly<Record<string, readonly string[]>>;
  facets?: readonly string[];
  collection?: string;
}

const NOTHING: Selection = { filters: [], facets: undefined, collection: undefined, price: undefined };

/**
 * Reads what a list asks of attributes and of a collection. A list that asks nothing of them reads nothing.
 * @throws DomainError VALIDATION_FAILED
 */
export async function readSelection(db: Queryable, asked: Asked): Promise<Selection> {
  const { attributes = {}, facets, collection: code } = asked;
  if (code === undefined && facets === undefined && Object.keys(attributes).length === 0) return NOTHING;
  const collection = code === undefined ? undefined : await findCollection(db, code);
  if (code !== undefined && !collection)
    throw validationError(undefined, [{ path: "/collection", message: `${code} is not a collection` }]);
  const { category, brand, ...rule } = collection?.rule ?? {};
  const ofRule = askedAttributes(rule);
  const facetCodes = (facets ?? []).flatMap((facet) => codeOf(facet) ?? []);
  const codes = new Set([...Object.keys(attributes), ...Object.keys(ofRule), ...facetCodes]);
  const known = codes.size === 0 ? new Map<string, Attribute>() : await findAttributes(db, [...codes]);
  const own = readFilters(attributes, known, (of) => `/attributes.${of}`);
  const faults = [...own.faults, ...facetFaults(facets ?? [], known)];
  if (faults.length > 0) throw validationError(undefined, faults);
  return {
    filters: [...own.filters, ...readFilters(ofRule, known, (of) => of).filters],
    facets: facets && { brand: facets.includes("brand"), codes: facetCodes },
    collection: code === undefined ? undefined : { code, category, brand },
    price: priceRule(rule, ({ amount, currency }) => toMinor(amount, currency)),
  };
}

const OF_ATTRIBUTE = "attributes.";

function codeOf(facet: string): string | undefined {
  return facet.startsWith(OF_ATTRIBUTE) ? facet.slice(OF_ATTRIBUTE.length) : undefined;
}

function facetFaults(facets: readonly string[], known: ReadonlyMap<string, Attribute>): FieldError[] {
  const faults = facets.flatMap((facet, at): FieldError[] => {
    const code = codeOf(facet);
    const attribute = code === undefined ? undefined : known.get(code);
    if (code === undefined || attribute?.filterable) return [];
    const message = attribute ? "is of an attribute that lists cannot be filtered by" : "is not an attribute";
    return [{ path: `/facets/${at}`, message }];
  });
  if (facets.includes("brand") && facets.includes(`${OF_ATTRIBUTE}brand`))
    faults.push({ path: "/facets", message: "cannot have both brand and attributes.brand" });
  return faults;
}

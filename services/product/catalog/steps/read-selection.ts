import { type FieldError, validationError } from "#lib/contract/errors.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { findAttributes } from "../attributes.store.ts";
import { type AttributeFilter, readFilters } from "../domain/attribute-filter.ts";
import type { AskedFacets } from "../product-filters.store.ts";

/** What a list asks beside its category, brand and text. */
export interface Selection {
  filters: readonly AttributeFilter[];
  facets: AskedFacets | undefined;
}

interface Asked {
  attributes?: Readonly<Record<string, readonly string[]>>;
  facets?: readonly string[];
}

/**
 * Reads what a list asks of attributes. A list that asks nothing of them reads nothing.
 * @throws DomainError VALIDATION_FAILED
 */
export async function readSelection(db: Queryable, { attributes = {}, facets }: Asked): Promise<Selection> {
  const facetCodes = (facets ?? []).flatMap((facet) =>
    facet.startsWith(OF_ATTRIBUTE) ? facet.slice(OF_ATTRIBUTE.length) : [],
  );
  const codes = [...Object.keys(attributes), ...facetCodes];
  if (codes.length === 0 && facets === undefined) return { filters: [], facets: undefined };
  const known = codes.length === 0 ? new Map() : await findAttributes(db, codes);
  const { filters, faults } = readFilters(attributes, known, (code) => `/attributes.${code}`);
  const wrong: FieldError[] = [...faults];
  facets?.forEach((facet, at) => {
    if (facet === "brand") return;
    const attribute = known.get(facet.slice(OF_ATTRIBUTE.length));
    if (attribute?.filterable) return;
    wrong.push({
      path: `/facets/${at}`,
      message: attribute ? "is of an attribute that lists cannot be filtered by" : "is not an attribute",
    });
  });
  if (facets?.includes("brand") && facetCodes.includes("brand"))
    wrong.push({ path: "/facets", message: "cannot have both brand and attributes.brand" });
  if (wrong.length > 0) throw validationError(undefined, wrong);
  return { filters, facets: facets && { brand: facets.includes("brand"), codes: facetCodes } };
}

const OF_ATTRIBUTE = "attributes.";

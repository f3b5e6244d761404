import { findAttributes, findSet, wholeOf } from "#services/product/catalog/attributes.store.ts";
import { attributeCodes, productsInOrder } from "#services/product/catalog/catalog.store.ts";
import { filterIndex } from "#services/product/catalog/domain/attribute-filter.ts";
import { attributeFaults, type Definitions, type WholeSet } from "#services/product/catalog/domain/attributes.ts";
import type { ProductFacts } from "#services/product/catalog/domain/product.ts";
import { DRAFT } from "#services/product/catalog/shown.store.ts";
import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";

/** How a product is stored: its facts, and what lists find it by. */
export interface StoredProduct {
  facts: ProductFacts;
  terms: readonly string[] | null;
  numbers: Readonly<Record<string, readonly number[]>> | null;
}

interface CatalogInvariant extends Invariant {
  /** @returns what is wrong, undefined when nothing is */
  wrong(product: StoredProduct, found: Definitions): string | undefined;
}

const values: CatalogInvariant = {
  name: "catalog.values",
  says: "Products with a set have only its attributes, with values of their types; variants have its axes.",
  wrong({ facts }, found) {
    const [fault] = attributeFaults(facts, found, "");
    return fault && `${fault.path} ${fault.message}`;
  },
};

const filters: CatalogInvariant = {
  name: "catalog.filters",
  says: "Lists find products by exactly the values that they and their variants have.",
  wrong({ facts, terms, numbers }, { attributes }) {
    const due = filterIndex(facts, attributes);
    const same =
      JSON.stringify(terms ?? []) === JSON.stringify(due.terms) && sorted(numbers ?? {}) === sorted(due.numbers ?? {});
    return same ? undefined : `found by ${(terms ?? []).join(", ")} instead of ${due.terms.join(", ")}`;
  },
};

function sorted(numbers: Readonly<Record<string, readonly number[]>>): string {
  return JSON.stringify(Object.entries(numbers).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const catalogInvariants: readonly CatalogInvariant[] = [values, filters];

/** Products and what lists find them by, in one walk. While a job makes the terms of an attribute, they are not compared. */
export const catalogInspection: Inspection = {
  invariants: catalogInvariants,
  reads: ["catalog"],
  optional: true,
  async *look(databases, ids) {
    const database = await databases.of("catalog");
    const [pending] = await database.query("SELECT 1 FROM attribute WHERE indexed_to IS NOT NULL LIMIT 1");
    const all =
      "SELECT product_id AS key FROM product WHERE product_id > $1 AND archived_at IS NULL ORDER BY 1 LIMIT $2";
    for await (const page of ids ? [[...ids]] : database.keys(all)) {
      const { products, found } = await readProducts(database, page);
      for (const invariant of catalogInvariants) {
        const skipped = pending !== undefined && invariant === filters;
        const suspects = skipped
          ? []
          : products.flatMap((product): Suspect[] => {
              const wrong = invariant.wrong(product, found);
              return wrong === undefined ? [] : [{ id: product.facts.productId, wrong }];
            });
        yield { invariant: invariant.name, checked: skipped ? 0 : products.length, suspects };
      }
    }
  },
};

async function readProducts(
  db: ReadOnlyDatabase,
  ids: readonly string[],
): Promise<{ products: StoredProduct[]; found: Definitions }> {
  const facts = await productsInOrder(db, DRAFT, ids);
  const rows = await db.query<{ id: string } & Omit<StoredProduct, "facts">>(
    "SELECT product_id AS id, filter_terms AS terms, filter_numbers AS numbers FROM product WHERE product_id = ANY ($1)",
    [ids],
  );
  const indexOf = new Map(rows.map((row) => [row.id, row]));
  const sets = new Map<string, WholeSet>();
  for (const code of new Set(facts.flatMap(({ attributeSet }) => attributeSet ?? []))) {
    const set = await findSet(db, code);
    if (set) sets.set(code, wholeOf(set));
  }
  return {
    products: facts.map((product) => ({
      facts: product,
      terms: indexOf.get(product.productId)?.terms ?? null,
      numbers: indexOf.get(product.productId)?.numbers ?? null,
    })),
    found: { attributes: await findAttributes(db, attributeCodes(facts)), sets },
  };
}

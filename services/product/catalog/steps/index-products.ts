import type { Queryable } from "#lib/sql/transaction.ts";
import { findAttributes } from "../attributes.store.ts";
import { attributeCodes, productsInOrder } from "../catalog.store.ts";
import { filterIndex } from "../domain/attribute-filter.ts";
import { idsAfter, noteIndexed, unindexedAfter, writeTerms } from "../product-filters.store.ts";

/**
 * Makes the terms of the next products that were not looked at since an attribute was defined or changed.
 * @returns whether all products are done
 */
export async function indexNextProducts(tx: Queryable, rows: number): Promise<boolean> {
  const after = await unindexedAfter(tx);
  if (after === undefined) return true;
  const ids = await idsAfter(tx, after, rows);
  const products = await productsInOrder(tx, ids);
  const attributes = await findAttributes(tx, attributeCodes(products));
  await writeTerms(
    tx,
    products.map((product) => {
      const { terms, numbers } = filterIndex(product, attributes);
      return { productId: product.productId, terms: terms.length > 0 ? terms : null, numbers };
    }),
  );
  const last = ids.length === rows ? ids.at(-1) : undefined;
  await noteIndexed(tx, last ?? null);
  return last === undefined;
}

import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { findAttributes } from "../attributes.store.ts";
import { attributeCodes, productsInOrder } from "../catalog.store.ts";
import { filterIndex } from "../domain/attribute-filter.ts";
import {
  idsAfter,
  noteIndexed,
  type ProductTerms,
  unindexedAfter,
  withOtherTerms,
  writeTerms,
} from "../product-filters.store.ts";
import type { CatalogDeps } from "../setup.ts";
import { DRAFT } from "../shown.store.ts";
import { beforeWriting } from "./write-drafts.ts";

/**
 * Makes the terms of the next products that were not looked at since an attribute was defined or changed. With drafts the
 * shop finds products by them from the next publication on.
 * @returns whether all products are done
 */
export async function indexNextProducts(
  ctx: ServiceContext<CatalogDeps>,
  tx: Transaction,
  rows: number,
): Promise<boolean> {
  const after = await unindexedAfter(tx);
  if (after === undefined) return true;
  const ids = await idsAfter(tx, after, rows);
  const products = await productsInOrder(tx, DRAFT, ids);
  const attributes = await findAttributes(tx, attributeCodes(products));
  const indexed = products.map((product) => {
    const { terms, numbers } = filterIndex(product, attributes);
    return { productId: product.productId, terms: terms.length > 0 ? terms : null, numbers };
  });
  await writeDiffering(ctx, tx, await withOtherTerms(tx, indexed));
  const last = ids.length === rows ? ids.at(-1) : undefined;
  await noteIndexed(tx, last ?? null);
  return last === undefined;
}

async function writeDiffering(ctx: ServiceContext<CatalogDeps>, tx: Transaction, products: readonly ProductTerms[]) {
  if (products.length === 0) return;
  await beforeWriting(
    ctx,
    tx,
    products.map(({ productId }) => productId),
  );
  await writeTerms(tx, products);
}

import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { findVariants, productsInOrder } from "../catalog.store.ts";
import { catalog } from "../contract.ts";
import { catalogLimits } from "../domain/limits.ts";
import { factsOf, type Product } from "../domain/product.ts";
import { type Difference, differenceOf } from "../domain/publication.ts";
import { type SupplyChange, supplyChanges } from "../domain/supply.ts";
import { lookUpByKey } from "../publication-copy.store.ts";
import { type Compared, differingProducts, lockUntold, noteTold } from "../shown-changes.store.ts";

/**
 * Tells other services of the next products that the shop shows differently: each of them once, however often this is
 * killed, because the transaction that publishes the events also notes how far it has come. The changes are told in the
 * order in which the shop has shown them.
 * @returns whether there is more to tell
 */
export async function tellNext(tx: Transaction): Promise<boolean> {
  const untold = await lockUntold(tx);
  if (!untold) return false;
  const { number, version, toldUntil } = untold;
  lookUpByKey(tx);
  const productIds = await differingProducts(tx, untold, toldUntil, catalogLimits.TOLD_ROWS);
  const differences = await differencesOf(tx, untold, productIds);
  for (const difference of differences) emit(tx, difference);
  for (const supply of await suppliesOf(tx, untold, differences)) tx.emit(catalog.events.SupplyChanged, supply);
  await noteTold(tx, number, productIds.at(-1), productIds.length);
  if (productIds.length === 0) tx.emit(catalog.events.CatalogPublished, { version, changes: untold.told });
  return true;
}

/** The same in transactions of its own, until everything is told or `goesOn` says no. */
export async function tellWhile(ctx: ServiceContext & Transactions, goesOn: () => boolean): Promise<void> {
  while (goesOn() && (await ctx.transaction(tellNext)));
}

/** What became of these products between two snapshots, in their order. */
export async function differencesOf(
  db: Queryable,
  { from, to }: Compared,
  productIds: readonly string[],
): Promise<Difference[]> {
  const [before, after] = [await productsAt(db, from, productIds), await productsAt(db, to, productIds)];
  return productIds.flatMap((productId) => differenceOf(before.get(productId), after.get(productId)) ?? []);
}

async function productsAt(db: Queryable, snapshot: number, ids: readonly string[]): Promise<Map<string, Product>> {
  const products = await productsInOrder(db, { kind: "snapshot", snapshot }, ids);
  return new Map(products.map((product) => [product.productId, product]));
}

/**
 * Which variants of these products take something else from the stock. A sku that moved from one product to another is told
 * with the one that has it now: the other one may have been told before, or be told later.
 */
async function suppliesOf(
  db: Queryable,
  { from, to }: Compared,
  differences: readonly Difference[],
): Promise<SupplyChange[]> {
  const before = differences.flatMap((difference) => ("before" in difference ? difference.before : []));
  const after = differences.flatMap((difference) => ("after" in difference ? difference.after : []));
  const [had, has] = [skusOf(before), skusOf(after)];
  const came = await findVariants(db, { kind: "snapshot", snapshot: from }, without(has, had));
  const went = skusOf(await findVariants(db, { kind: "snapshot", snapshot: to }, without(had, has)));
  return supplyChanges([...before, ...came], after).filter(({ sku }) => !went.has(sku));
}

function skusOf(products: readonly { variants: readonly { sku: string }[] }[]): Set<string> {
  return new Set(products.flatMap(({ variants }) => variants.map(({ sku }) => sku)));
}

const without = (skus: Set<string>, others: ReadonlySet<string>) => [...skus].filter((sku) => !others.has(sku));

function emit(tx: Transaction, difference: Difference): void {
  switch (difference.kind) {
    case "added":
      tx.emit(catalog.events.ProductCreated, factsOf(difference.after));
      break;
    case "changed":
      tx.emit(catalog.events.ProductUpdated, factsOf(difference.after));
      break;
    case "removed": {
      const { productId, slug, variants } = difference.before;
      tx.emit(catalog.events.ProductArchived, { productId, slug, skus: variants.map(({ sku }) => sku).sort() });
      break;
    }
    default:
      difference satisfies never;
  }
}

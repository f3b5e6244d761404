import { arrayText } from "#lib/sql/array-text.ts";
import type { Transaction } from "#lib/sql/transaction.ts";

// What other services have told of buyers and items.

export interface CustomerGroups {
  customerId: string;
  groups: readonly string[];
  /** The number of the event that says so, among those of this customer. */
  sequence: number;
}

/** Keeps the groups of each customer as the latest event says. Earlier ones that arrive late change nothing. */
export function saveGroups(tx: Pick<Transaction, "write">, changes: readonly CustomerGroups[]): void {
  const ordered = changes.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1));
  tx.write(
    `INSERT INTO customer_group (customer_id, groups, sequence)
     SELECT customer_id, ARRAY(SELECT json_array_elements_text(groups)), sequence
     FROM unnest($1::text[], $2::json[], $3::bigint[]) AS c (customer_id, groups, sequence)
     ON CONFLICT (customer_id) DO UPDATE SET groups = excluded.groups, sequence = excluded.sequence
       WHERE customer_group.sequence < excluded.sequence`,
    [
      ordered.map(({ customerId }) => customerId),
      ordered.map(({ groups }) => JSON.stringify(groups)),
      ordered.map(({ sequence }) => sequence),
    ],
  );
}

export function savePayingCustomers(tx: Pick<Transaction, "write">, customerIds: Iterable<string>): void {
  const ordered = [...new Set(customerIds)].sort();
  if (ordered.length === 0) return;
  tx.write("INSERT INTO paying_customer (customer_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", [
    arrayText(ordered),
  ]);
}

export interface ToldCategories {
  sku: string;
  categories: readonly string[];
  toldAt: string;
}

/** Keeps the categories of each sku as the latest event says. */
export function saveCategories(tx: Pick<Transaction, "write">, told: readonly ToldCategories[]): void {
  const ordered = told.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
  tx.write(
    `INSERT INTO sku_category (sku, categories, told_at)
     SELECT sku, ARRAY(SELECT json_array_elements_text(categories)), told_at
     FROM unnest($1::text[], $2::json[], $3::timestamptz[]) AS t (sku, categories, told_at)
     ON CONFLICT (sku) DO UPDATE SET categories = excluded.categories, told_at = excluded.told_at
       WHERE sku_category.told_at <= excluded.told_at`,
    [
      arrayText(ordered.map(({ sku }) => sku)),
      ordered.map(({ categories }) => JSON.stringify(categories)),
      ordered.map(({ toldAt }) => toldAt),
    ],
  );
}

/** Replaces what is known of the tree of categories. */
export function savePaths(tx: Pick<Transaction, "write">, paths: ReadonlyMap<string, readonly string[]>): void {
  const slugs = [...paths.keys()].sort();
  tx.write("DELETE FROM category_path WHERE slug <> ALL ($1::text[])", [arrayText(slugs)]);
  tx.write(
    `INSERT INTO category_path (slug, above)
     SELECT slug, ARRAY(SELECT json_array_elements_text(above)) FROM unnest($1::text[], $2::json[]) AS p (slug, above)
     ON CONFLICT (slug) DO UPDATE SET above = excluded.above`,
    [arrayText(slugs), slugs.map((slug) => JSON.stringify(paths.get(slug) ?? []))],
  );
}

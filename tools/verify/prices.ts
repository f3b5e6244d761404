import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import { statement } from "./statement.ts";

/** SQL: all changes of prices, those that were set one by one or in batches, and those of streams. */
export const BASE_CHANGES = `(
  SELECT sku, currency, id, amount_minor, valid_from FROM price_change
  UNION ALL
  SELECT one.sku, one.currency, part.id, one.amount_minor, part.valid_from FROM price_change_part AS part
  CROSS JOIN LATERAL unnest(part.skus, part.currencies, part.amounts) AS one (sku, currency, amount_minor)
) AS base_change`;

const lastChange = statement(
  { name: "prices.last-change", says: "A price is what its last change has set." },
  "pricing",
  {
    count: "SELECT count(*) AS count FROM price",
    wrong: `WITH last AS (
              SELECT DISTINCT ON (sku, currency) sku, currency, amount_minor FROM ${BASE_CHANGES} ORDER BY sku, currency, id DESC
            )
            SELECT sku || ' in ' || currency AS id,
                   format('is %s, its last change set %s', price.amount_minor, last.amount_minor) AS wrong
            FROM price FULL JOIN last USING (sku, currency)
            WHERE price.amount_minor IS DISTINCT FROM last.amount_minor LIMIT $1`,
  },
);

const lists = statement(
  {
    name: "price-lists.last-change",
    says: "Each price of a list belongs to a list, and is what its last change says; what was removed is gone.",
  },
  "pricing",
  {
    count: "SELECT count(*) AS count FROM list_price",
    wrong: `SELECT format('%s %s %s from %s', coalesce(p.list, c.list), coalesce(p.sku, c.sku),
                          coalesce(p.warehouse_id, c.warehouse_id), coalesce(p.min_quantity, c.min_quantity)) AS id,
                   CASE WHEN p.list IS NOT NULL AND l.code IS NULL THEN 'it belongs to no list'
                        ELSE format('is %s; its last change says %s', coalesce(p.amount_minor::text, 'not there'),
                                    coalesce(c.amount_minor::text, 'that it is not there')) END AS wrong
            FROM list_price p FULL JOIN (
              SELECT DISTINCT ON (list, sku, warehouse_id, min_quantity) * FROM list_price_change
              ORDER BY list, sku, warehouse_id, min_quantity, id DESC
            ) c USING (list, sku, warehouse_id, min_quantity)
            LEFT JOIN price_list l ON l.code = list
            WHERE p.amount_minor IS DISTINCT FROM c.amount_minor OR (p.list IS NOT NULL AND l.code IS NULL) LIMIT $1`,
  },
);

const groups: Invariant = {
  name: "prices.groups",
  says: "Prices know the same groups of each customer as the customers service.",
};

/** Customers who are in a group, and those whose groups pricing has heard of. */
const MEMBERS =
  "SELECT DISTINCT customer_id AS key FROM group_member WHERE customer_id > $1 ORDER BY customer_id LIMIT $2";
const HEARD_OF = "SELECT customer_id AS key FROM customer_group WHERE customer_id > $1 ORDER BY customer_id LIMIT $2";

const groupsInspection: Inspection = {
  invariants: [groups],
  reads: ["pricing", "customers"],
  async *look(databases, ids) {
    const [pricing, customers] = await Promise.all([databases.of("pricing"), databases.of("customers")]);
    for (const pages of ids ? [[[...ids]]] : [customers.keys(MEMBERS), pricing.keys(HEARD_OF)]) {
      for await (const page of pages)
        yield { invariant: groups.name, checked: page.length, suspects: await differing(pricing, customers, page) };
    }
  },
};

async function differing(
  pricing: ReadOnlyDatabase,
  customers: ReadOnlyDatabase,
  page: readonly string[],
): Promise<Suspect[]> {
  const heard = await pricing.query<{ id: string; groups: string }>(
    `SELECT customer_id AS id, array_to_string(ARRAY(SELECT unnest(groups) ORDER BY 1), ', ') AS groups
     FROM customer_group WHERE customer_id = ANY ($1)`,
    [page],
  );
  const members = await customers.query<{ id: string; groups: string }>(
    `SELECT customer_id AS id, string_agg(code, ', ' ORDER BY code) AS groups
     FROM group_member WHERE customer_id = ANY ($1) GROUP BY customer_id`,
    [page],
  );
  const theirs = new Map(members.map(({ id, groups: codes }) => [id, codes]));
  const ours = new Map(heard.map(({ id, groups: codes }) => [id, codes]));
  return page
    .filter((id) => (ours.get(id) ?? "") !== (theirs.get(id) ?? ""))
    .map((id) => ({ id, wrong: `pricing says "${ours.get(id) ?? ""}", customers says "${theirs.get(id) ?? ""}"` }));
}

export const priceInspections: readonly Inspection[] = [lastChange, lists, groupsInspection];

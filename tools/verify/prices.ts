import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import { statement } from "./statement.ts";

const lastChange = statement(
  {
    name: "prices.last-change",
    says: "Each price is what its last change says.",
  },
  "pricing",
  {
    count: "SELECT count(*) AS count FROM price",
    wrong: `SELECT sku || ' ' || currency AS id,
                   format('is %s since %s; its last change says %s since %s', p.amount_minor, p.valid_from,
                          coalesce(c.amount_minor::text, 'nothing'), c.valid_from) AS wrong
            FROM price p LEFT JOIN LATERAL (
              SELECT amount_minor, valid_from FROM price_change c
              WHERE c.sku = p.sku AND c.currency = p.currency ORDER BY id DESC LIMIT 1
            ) c ON true
            WHERE p.amount_minor IS DISTINCT FROM c.amount_minor LIMIT $1`,
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

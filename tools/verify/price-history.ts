import { statement } from "./statement.ts";

/** What holds between prices and their history. */
export const priceHistoryInspections = [
  statement({ name: "prices.last-change", says: "A price is what its last change has set." }, "pricing", {
    count: "SELECT count(*) AS count FROM price",
    wrong: `WITH change AS (
              SELECT sku, currency, id, amount_minor FROM price_change
              UNION ALL
              SELECT one.sku, one.currency, part.id, one.amount_minor FROM price_change_part AS part
              CROSS JOIN LATERAL unnest(part.skus, part.currencies, part.amounts) AS one (sku, currency, amount_minor)
            ), last AS (
              SELECT DISTINCT ON (sku, currency) sku, currency, amount_minor FROM change ORDER BY sku, currency, id DESC
            )
            SELECT sku || ' in ' || currency AS id,
                   format('is %s, its last change set %s', price.amount_minor, last.amount_minor) AS wrong
            FROM price FULL JOIN last USING (sku, currency)
            WHERE price.amount_minor IS DISTINCT FROM last.amount_minor LIMIT $1`,
  }),
];

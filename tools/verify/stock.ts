import { statement } from "./statement.ts";

const SHELF = "sku || ' in ' || warehouse_id AS id";

/** What holds for each row of stock, and between it, the reservations and the movements. */
export const stockInspections = [
  statement(
    { name: "stock.bounds", says: "Nothing is below zero, and nothing promised that is not there." },
    "inventory",
    {
      count: "SELECT count(*) AS count FROM stock",
      wrong: `SELECT ${SHELF}, format('%s on hand, %s reserved', on_hand, reserved) AS wrong FROM stock
            WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand LIMIT $1`,
    },
  ),
  statement({ name: "stock.reserved", says: "What is reserved is what the open reservations hold." }, "inventory", {
    count: "SELECT count(*) AS count FROM stock",
    wrong: `WITH held AS (
              SELECT sku, warehouse_id, sum(quantity)::bigint AS held
              FROM reservation JOIN reservation_line USING (order_id) WHERE state = 'reserved' GROUP BY 1, 2
            )
            SELECT ${SHELF}, format('%s reserved, open reservations hold %s', coalesce(reserved, 0), coalesce(held, 0)) AS wrong
            FROM stock FULL JOIN held USING (sku, warehouse_id)
            WHERE coalesce(reserved, 0) <> coalesce(held, 0) LIMIT $1`,
  }),
  statement({ name: "stock.movements", says: "What is on hand is the sum of all movements." }, "inventory", {
    count: "SELECT count(*) AS count FROM stock",
    wrong: `WITH moved AS (SELECT sku, warehouse_id, sum(delta)::bigint AS moved FROM movement GROUP BY 1, 2)
            SELECT ${SHELF}, format('%s on hand, movements sum to %s', coalesce(on_hand, 0), coalesce(moved, 0)) AS wrong
            FROM stock FULL JOIN moved USING (sku, warehouse_id)
            WHERE coalesce(on_hand, 0) <> coalesce(moved, 0) LIMIT $1`,
  }),
  statement({ name: "stock.commits", says: "What left the shelf is what is committed, once." }, "inventory", {
    count: "SELECT count(*) AS count FROM reservation_line",
    wrong: `WITH moved AS (
              SELECT reference AS order_id, sku, warehouse_id, -sum(delta)::bigint AS gone
              FROM movement WHERE kind IN ('commit', 'restock') GROUP BY 1, 2, 3
            ), line AS (
              SELECT order_id, sku, warehouse_id, state, CASE WHEN state = 'committed' THEN quantity ELSE 0 END AS due
              FROM reservation_line LEFT JOIN reservation USING (order_id)
            )
            SELECT order_id || ': ' || ${SHELF},
                   format('%s, so %s should have left the shelf; %s did', coalesce(state, 'no reservation'),
                          coalesce(due, 0), coalesce(gone, 0)) AS wrong
            FROM line FULL JOIN moved USING (order_id, sku, warehouse_id)
            WHERE state IS NULL OR due <> coalesce(gone, 0) LIMIT $1`,
  }),
];

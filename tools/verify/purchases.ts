import { statement } from "./statement.ts";

/** What holds between the orders of one cart. */
export const purchasesInspection = statement(
  {
    name: "orders.cart-once",
    says: "A cart has at most one order that is not cancelled, and none of a checkout that was given up.",
  },
  "orders",
  {
    count: "SELECT count(*) AS count FROM orders",
    wrong: `SELECT id, wrong FROM (
              SELECT split_part(source, ':', 2) AS id, format('has the orders %s', string_agg(order_id, ', ' ORDER BY order_id)) AS wrong
              FROM orders WHERE starts_with(source, 'cart:') AND status <> 'cancelled' GROUP BY 1 HAVING count(*) > 1
              UNION ALL
              SELECT order_id, 'is of an abandoned source' FROM orders JOIN abandoned_source USING (source)
            ) broken LIMIT $1`,
  },
);

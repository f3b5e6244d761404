import { statement } from "./statement.ts";

const IS_TEST = "coalesce(provider_reference, 'test_') LIKE 'test\\_%'";

/** Compares our payments with the provider's records. Only the records of the test provider can be read. */
export const providerInspections = [
  statement(
    {
      name: "provider.charged-once",
      says: "Of each order at most one charge is held, captured or waits for its customer.",
    },
    "payments",
    {
      count: "SELECT count(DISTINCT order_id) AS count FROM test_provider_charge",
      wrong: `SELECT order_id AS id, 'charged by ' || string_agg(charge_id, ' and ' ORDER BY charge_id) AS wrong
            FROM test_provider_charge WHERE held_minor > 0 OR captured_minor > 0 OR waiting GROUP BY order_id
            HAVING count(*) FILTER (WHERE waiting OR held_minor + captured_minor > refunded_minor) > 1
                OR count(*) FILTER (WHERE captured_minor > 0) > 1 LIMIT $1`,
    },
  ),
  statement(
    { name: "provider.agrees", says: "Each charge belongs to a payment, and both say the same amounts." },
    "payments",
    {
      count: "SELECT count(*) AS count FROM test_provider_charge",
      // While a request to the provider is under way, the provider knows more than we do.
      wrong: `WITH asked AS (
                SELECT DISTINCT order_id FROM operation JOIN payment USING (payment_id)
                WHERE operation.state IN ('pending', 'unknown')
              )
              SELECT coalesce(p.payment_id, c.charge_id) AS id,
                     CASE WHEN p.payment_id IS NULL THEN format('%s is charged, and no payment knows of it', c.order_id)
                          WHEN c.charge_id IS NULL THEN 'the provider knows of no charge'
                          ELSE format('%s of %s: held %s, captured %s, refunded %s; the provider says %s of %s: %s, %s, %s',
                                      p.amount_minor, p.order_id, p.held_minor, p.captured_minor, p.refunded_minor,
                                      c.amount_minor, c.order_id, c.held_minor, c.captured_minor, c.refunded_minor)
                     END AS wrong
              FROM test_provider_charge c FULL JOIN payment p ON p.provider_reference = c.charge_id
              WHERE coalesce(p.order_id, c.order_id) NOT IN (SELECT order_id FROM asked)
                AND CASE WHEN p.payment_id IS NULL THEN true
                         WHEN c.charge_id IS NULL THEN ${IS_TEST} AND (p.held_minor > 0 OR p.captured_minor > 0)
                         ELSE (p.order_id, p.amount_minor, p.currency, p.held_minor, p.captured_minor, p.refunded_minor)
                              <> (c.order_id, c.amount_minor, c.currency, c.held_minor, c.captured_minor, c.refunded_minor)
                    END LIMIT $1`,
    },
  ),
  statement({ name: "provider.read", says: "The provider's records could be read.", advisory: true }, "payments", {
    count: "SELECT count(*) AS count FROM payment WHERE provider_reference IS NOT NULL",
    wrong: `SELECT payment_id AS id, 'the records of its provider were not read' AS wrong FROM payment
              WHERE NOT (${IS_TEST}) LIMIT $1`,
  }),
];

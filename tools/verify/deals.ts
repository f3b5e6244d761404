import type { Inspection } from "./invariant.ts";
import { statement } from "./statement.ts";

const slots = statement(
  {
    name: "deals.slots",
    says: "A deal has counted the slots that are granted, ordered and sold, and its queue; it has given out no more slots than it has, and to nobody more than one customer may have.",
  },
  "promotions",
  {
    count: "SELECT count(*) AS count FROM deal",
    wrong: `SELECT deal_id AS id, format('%s of %s slots are taken and %s wait; it says %s and %s', coalesce(held, 0), slots,
                   coalesce(queued, 0), taken, waiting) AS wrong
            FROM deal LEFT JOIN (
              SELECT deal_id, count(*) FILTER (WHERE state IN ('granted', 'ordered', 'sold')) AS held,
                     count(*) FILTER (WHERE state = 'queued') AS queued, count(*) AS claims, max(number) AS last
              FROM deal_claim GROUP BY deal_id
            ) c USING (deal_id)
            WHERE (taken, waiting, last_number, last_number)
                    <> (coalesce(held, 0), coalesce(queued, 0), coalesce(claims, 0), coalesce(last, 0)) OR held > slots
            UNION ALL
            SELECT format('%s %s', deal_id, customer_id), format('has %s claims; %s are allowed', count(*), per_customer)
            FROM deal_claim JOIN deal USING (deal_id) WHERE state <> 'ended'
            GROUP BY deal_id, customer_id, per_customer HAVING count(*) > per_customer LIMIT $1`,
  },
);

/** A claim waits from its arrival until it is granted or ends. Its number is its turn. */
const turns = statement(
  { name: "deals.turns", says: "Nobody got a slot of a deal while somebody waited who had come before." },
  "promotions",
  {
    count: "SELECT count(*) AS count FROM deal_claim",
    wrong: `SELECT claim_id AS id, format('number %s of %s waited while a later one was served at %s', number, deal_id, later)
                   AS wrong
            FROM (
              SELECT claim_id, deal_id, number, granted_at, ended_at, min(granted_at) OVER (
                PARTITION BY deal_id ORDER BY number DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
              ) AS later
              FROM deal_claim
            ) c
            WHERE later < least(coalesce(granted_at, 'infinity'), coalesce(ended_at, 'infinity')) LIMIT $1`,
  },
);

/** `promotions.orders` compares the reservations with the orders. */
const orders = statement(
  {
    name: "deals.orders",
    says: "A claim that an order has taken is sold when that is paid, and ends when it is cancelled.",
  },
  "promotions",
  {
    count: "SELECT count(*) AS count FROM deal_claim WHERE order_id IS NOT NULL",
    wrong: `SELECT claim_id AS id, format('is %s, and the reservation of %s is %s', c.state, order_id,
                   coalesce(r.state, 'not there')) AS wrong
            FROM deal_claim c LEFT JOIN reservation r USING (order_id)
            WHERE order_id IS NOT NULL AND c.state IS DISTINCT FROM CASE r.state
              WHEN 'held' THEN 'ordered' WHEN 'ordered' THEN 'ordered' WHEN 'committed' THEN 'sold' WHEN 'released' THEN 'ended'
            END LIMIT $1`,
  },
);

export const dealInspections: readonly Inspection[] = [slots, turns, orders].map((inspection) => ({
  ...inspection,
  optional: true,
}));

import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import type { OrderStatus } from "./order-snapshot.ts";
import { statement } from "./statement.ts";

const withinLimits: Inspection = {
  ...statement(
    {
      name: "promotions.within-limits",
      says: "Each promotion counts what orders have reserved and used of it, and no limit or budget is exceeded.",
    },
    "promotions",
    {
      count: "SELECT count(*) AS count FROM promotion_use",
      wrong: `SELECT promotion_id AS id, format('counts %s uses with %s, its orders have %s with %s; at most %s uses, and %s',
                     u.uses, u.spent_minor, coalesce(r.uses, 0), coalesce(r.spent, 0), coalesce(usage_limit::text, 'any'),
                     coalesce(budget_minor::text, 'any amount')) AS wrong
              FROM promotion_use u LEFT JOIN (
                SELECT promotion_id, count(*) AS uses, sum(amount_minor) AS spent
                FROM redemption JOIN reservation USING (order_id) WHERE state <> 'released' GROUP BY promotion_id
              ) r USING (promotion_id)
              WHERE (u.uses, u.spent_minor) <> (coalesce(r.uses, 0), coalesce(r.spent, 0))
                 OR u.uses > usage_limit OR u.spent_minor > budget_minor LIMIT $1`,
    },
  ),
  optional: true,
};

const codesOnce: Inspection = {
  ...statement(
    {
      name: "promotions.codes-once",
      says: "A code that is good once is held by the one order that has reserved or used it, and by no other.",
    },
    "promotions",
    {
      count: "SELECT count(*) AS count FROM promotion_code WHERE once",
      wrong: `SELECT code_key AS id, format('is held by %s, and of the orders %s', coalesce(c.order_id, 'no order'),
                     coalesce(r.orders, 'none')) AS wrong
              FROM promotion_code c LEFT JOIN (
                SELECT upper(code) AS code_key, string_agg(order_id, ', ' ORDER BY order_id) AS orders
                FROM redemption JOIN reservation USING (order_id) WHERE state <> 'released' AND code IS NOT NULL GROUP BY 1
              ) r USING (code_key)
              WHERE c.once AND c.order_id IS DISTINCT FROM r.orders LIMIT $1`,
    },
  ),
  optional: true,
};

const ofOrders: Invariant = {
  name: "promotions.orders",
  says: "What orders use of promotions is committed when they are paid, and released if, and only if, they are cancelled or were never stored.",
};

/** Orders that have reserved anything: uses of promotions, or claims of deals. */
const ENTERED = `SELECT order_id AS key FROM reservation WHERE order_id > $1 AND customer_id IS NOT NULL
  ORDER BY order_id LIMIT $2`;

const asOrdered: Invariant = {
  name: "promotions.as-ordered",
  says: "What an order says that promotions take off it is what promotions say that it uses of them.",
};

const DISCOUNTED =
  "SELECT order_id AS key FROM orders WHERE discounts IS NOT NULL AND order_id > $1 ORDER BY order_id LIMIT $2";

const ordersInspection: Inspection = {
  invariants: [ofOrders, asOrdered],
  reads: ["promotions", "orders"],
  optional: true,
  async *look(databases, ids) {
    const [promotions, orders] = await Promise.all([databases.of("promotions"), databases.of("orders")]);
    for await (const page of ids ? [[...ids]] : promotions.keys(ENTERED)) {
      yield { invariant: ofOrders.name, checked: page.length, suspects: await wrongStates(promotions, orders, page) };
      if (!ids) yield { invariant: asOrdered.name, checked: 0, suspects: await wrongUses(promotions, orders, page) };
    }
    for await (const page of ids ? [[...ids]] : orders.keys(DISCOUNTED)) {
      yield { invariant: asOrdered.name, checked: page.length, suspects: await wrongUses(promotions, orders, page) };
    }
  },
};

async function wrongUses(
  promotions: ReadOnlyDatabase,
  orders: ReadOnlyDatabase,
  page: readonly string[],
): Promise<Suspect[]> {
  const ordered = await orders.query<Uses>(
    `SELECT order_id AS id, coalesce(string_agg(format('%s %s', d ->> 'promotionId', d ->> 'amountMinor'), ', '
              ORDER BY d ->> 'promotionId' COLLATE "C"), 'none') AS uses
     FROM orders LEFT JOIN LATERAL json_array_elements(discounts) AS d ON true WHERE order_id = ANY ($1) GROUP BY order_id`,
    [page],
  );
  const used = await promotions.query<Uses>(
    `SELECT order_id AS id, string_agg(format('%s %s', promotion_id, amount_minor), ', ' ORDER BY promotion_id COLLATE "C") AS uses
     FROM (
       SELECT order_id, promotion_id, amount_minor FROM redemption
       UNION ALL SELECT order_id, deal_id, amount_minor FROM deal_claim
     ) used WHERE order_id = ANY ($1) GROUP BY order_id`,
    [page],
  );
  const usesOf = new Map(used.map(({ id, uses }) => [id, uses]));
  return ordered.flatMap(({ id, uses }) => {
    const known = usesOf.get(id) ?? "none";
    return known === uses ? [] : [{ id, wrong: `has the discounts ${uses}; promotions know ${known}` }];
  });
}

interface Uses {
  id: string;
  /** Each promotion, and each deal, with its amount, or `none`. */
  uses: string;
}

type State = "held" | "ordered" | "committed" | "released";

async function wrongStates(
  promotions: ReadOnlyDatabase,
  orders: ReadOnlyDatabase,
  page: readonly string[],
): Promise<Suspect[]> {
  const reservations = await promotions.query<{ id: string; state: State }>(
    "SELECT order_id AS id, state FROM reservation WHERE order_id = ANY ($1) ORDER BY order_id",
    [page],
  );
  const statuses = await orders.query<{ id: string; status: OrderStatus }>(
    "SELECT order_id AS id, status FROM orders WHERE order_id = ANY ($1)",
    [page],
  );
  const statusOf = new Map(statuses.map(({ id, status }) => [id, status]));
  return reservations.flatMap(({ id, state }) => {
    const status = statusOf.get(id);
    if (expectedStates(status).includes(state)) return [];
    return [
      { id, wrong: `its uses are ${state}, and the order ${status === undefined ? "does not exist" : `is ${status}`}` },
    ];
  });
}

/** A hold without an order ends by itself; an alarm tells of those that do not. */
function expectedStates(status: OrderStatus | undefined): readonly State[] {
  switch (status) {
    case undefined:
      return ["held", "released"];
    case "cancelled":
      return ["released"];
    case "pending_payment":
    case "confirmed":
      return ["ordered"];
    case "processing": // where goods are charged when they leave, it is not paid yet
      return ["ordered", "committed"];
    case "paid":
    case "shipped":
    case "delivered":
    case "refunded":
      return ["committed"];
    default:
      return status satisfies never;
  }
}

export const promotionInspections: readonly Inspection[] = [withinLimits, codesOnce, ordersInspection];

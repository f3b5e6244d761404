import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import { soldOffersInspection } from "./sold-offers.ts";
import { statement } from "./statement.ts";

const OFFER = "seller_id || ' ' || sku AS id";

const offers = statement(
  {
    name: "sellers.offers",
    says: "What is reserved of an offer is what its open orders hold, and nothing is below zero.",
  },
  "sellers",
  {
    count: "SELECT count(*) AS count FROM offer",
    wrong: `WITH held AS (
              SELECT seller_id, sku, sum(quantity)::bigint AS held FROM sold_order JOIN sold_piece USING (order_id)
              WHERE state IN ('held', 'ordered') GROUP BY 1, 2
            )
            SELECT ${OFFER}, format('%s left and %s reserved, open orders hold %s', stock, reserved, coalesce(held, 0)) AS wrong
            FROM offer FULL JOIN held USING (seller_id, sku)
            WHERE (stock >= 0 AND reserved = coalesce(held, 0)) IS NOT TRUE LIMIT $1`,
  },
);

const sales = statement(
  {
    name: "sellers.sales",
    says: "Each sale of a paid order is in the balance once, less what the seller's share of refunds is, and never more.",
  },
  "sellers",
  {
    count: "SELECT count(*) AS count FROM sale",
    wrong: `WITH booked AS (
              SELECT order_id, seller_id, count(*) FILTER (WHERE kind = 'sale') AS credits,
                     sum(gross_minor)::bigint AS gross, sum(commission_minor)::bigint AS commission
              FROM balance_entry WHERE order_id IS NOT NULL GROUP BY 1, 2
            ), due AS (
              SELECT order_id, seller_id, is_paid, gross_minor, commission_minor,
                     CASE WHEN NOT is_paid THEN 1 WHEN refunded_minor >= total_minor THEN total_minor ELSE refunded_minor END AS back,
                     CASE WHEN NOT is_paid THEN 1 ELSE total_minor END AS total
              FROM sale LEFT JOIN sold_order USING (order_id)
            )
            SELECT order_id || ' of ' || seller_id AS id,
                   format('%s credits, gross %s and commission %s of %s and %s, of which %s of %s went back',
                          coalesce(credits, 0), coalesce(gross, 0), coalesce(commission, 0), gross_minor, commission_minor, back, total) AS wrong
            FROM due FULL JOIN booked USING (order_id, seller_id)
            WHERE (coalesce(credits, 0) = CASE WHEN is_paid THEN 1 ELSE 0 END
                   AND coalesce(gross, 0) = gross_minor - div(gross_minor::numeric * back, greatest(total, 1))
                   AND coalesce(commission, 0) = commission_minor - div(commission_minor::numeric * back, greatest(total, 1))
                  ) IS NOT TRUE LIMIT $1`,
  },
);

const payouts = statement(
  {
    name: "sellers.payouts",
    says: "Each payout is taken off its balance once, and given back if, and only if, it failed.",
  },
  "sellers",
  {
    count: "SELECT count(*) AS count FROM payout",
    wrong: `WITH booked AS (
              SELECT payout_id, seller_id, currency, sum(net_minor)::bigint AS net, count(*) AS entries
              FROM balance_entry WHERE payout_id IS NOT NULL GROUP BY 1, 2, 3
            )
            SELECT payout_id AS id, format('%s payout of %s: %s entries of %s', status, amount_minor, entries, net) AS wrong
            FROM payout FULL JOIN booked USING (payout_id, seller_id, currency)
            WHERE ((status = 'failed' AND net = 0 AND entries = 2)
                   OR (status <> 'failed' AND net = -amount_minor AND entries = 1)) IS NOT TRUE LIMIT $1`,
  },
);

const ORDERS: Invariant = {
  name: "sellers.orders",
  says: "Pieces of sellers are sold if, and only if, their order is paid, and back if it was cancelled.",
};

interface Sold {
  id: string;
  state: string;
  isPaid: boolean;
  isOverdue: boolean;
}

const SOLD = `SELECT order_id AS id, state, is_paid AS "isPaid",
    state = 'held' AND expires_at < now() - interval '10 minutes' AS "isOverdue" FROM sold_order`;

/** Services commit one after the other: the second look decides. */
const orders: Inspection = {
  invariants: [ORDERS],
  reads: ["sellers", "orders"],
  optional: true,
  async *look(databases, ids) {
    const [ours, theirs] = [await databases.of("sellers"), await databases.of("orders")];
    const pages = ids
      ? [ids]
      : ours.keys("SELECT order_id AS key FROM sold_order WHERE order_id > $1 ORDER BY 1 LIMIT $2");
    for await (const page of pages)
      yield { invariant: ORDERS.name, checked: page.length, suspects: await wrongOrders(ours, theirs, page) };
  },
};

async function wrongOrders(
  ours: ReadOnlyDatabase,
  theirs: ReadOnlyDatabase,
  orderIds: readonly string[],
): Promise<Suspect[]> {
  const sold = await ours.query<Sold>(`${SOLD} WHERE order_id = ANY ($1)`, [orderIds]);
  const known = await theirs.query<{ id: string; status: string }>(
    "SELECT order_id AS id, status FROM orders WHERE order_id = ANY ($1)",
    [orderIds],
  );
  const statusOf = new Map(known.map(({ id, status }) => [id, status]));
  return sold.flatMap(({ id, ...one }) => {
    const status = statusOf.get(id) ?? "unknown";
    const paid = one.isPaid ? "paid" : "not paid";
    return fits(status, one)
      ? []
      : [{ id, wrong: `the order is ${status}; its pieces are ${one.state}, and it is ${paid}` }];
  });
}

function fits(status: string, { state, isPaid, isOverdue }: Omit<Sold, "id">): boolean {
  switch (status) {
    case "unknown":
      return state === "released" || (state === "held" && !isOverdue);
    case "cancelled":
      return state === "released";
    case "pending_payment":
    case "confirmed":
      return ["none", "held", "ordered"].includes(state) && !isPaid;
    case "processing": // where goods are charged when they leave, it is not paid yet
      return isPaid ? state === "committed" || state === "none" : state === "ordered" || state === "none";
    default:
      return (state === "committed" || state === "none") && isPaid;
  }
}

const BALANCES: Invariant = {
  name: "sellers.balances",
  says: "What the books owe each seller is the seller's balance, and the payouts that are on their way.",
};

interface Owed {
  id: string;
  minor: number;
}

/** The seller and the currency, such as `seller_01h… USD`. */
const BALANCE = `SELECT id, sum(minor)::bigint AS minor FROM (
    SELECT seller_id || ' ' || currency AS id, net_minor AS minor FROM balance_entry
    UNION ALL SELECT seller_id || ' ' || currency, amount_minor FROM payout WHERE status = 'sending'
  ) moved GROUP BY id`;
const BOOKED = `SELECT substr(account, length('seller:') + 1) || ' ' || currency AS id, sum(credit_minor - debit_minor)::bigint AS minor
  FROM line WHERE account LIKE 'seller:%' GROUP BY 1`;

const balances: Inspection = {
  invariants: [BALANCES],
  reads: ["sellers", "ledger"],
  optional: true,
  async *look(databases) {
    const [own, booked] = [
      await (await databases.of("sellers")).query<Owed>(BALANCE),
      await (await databases.of("ledger")).query<Owed>(BOOKED),
    ];
    const [ofSellers, ofBooks] = [own, booked].map((rows) => new Map(rows.map(({ id, minor }) => [id, minor])));
    const ids = [...new Set([...own, ...booked].map(({ id }) => id))];
    const suspects = ids.flatMap((id) => {
      const [ours = 0, theirs = 0] = [ofSellers?.get(id), ofBooks?.get(id)];
      return ours === theirs ? [] : [{ id, wrong: `the balance is ${ours}, the books say ${theirs}` }];
    });
    yield { invariant: BALANCES.name, checked: ids.length, suspects };
  },
};

const single = [offers, sales, payouts].map((inspection): Inspection => ({ ...inspection, optional: true }));

/** Offers and balances of sellers, by themselves and beside orders and the books. */
export const sellerInspections: readonly Inspection[] = [...single, orders, soldOffersInspection, balances];

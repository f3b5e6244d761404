import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";

const PIECES: Invariant = {
  name: "sellers.pieces",
  says: "What an order has of offers was taken from them, piece by piece, and nothing else was.",
};

interface Pieces {
  orderId: string;
  /** Such as `2 MUG of seller_01h…`, for each offer. */
  pieces: string;
}

const ORDERED = piecesOf("order_line", "AND seller_id IS NOT NULL");
const TAKEN = piecesOf("sold_piece", "");

function piecesOf(table: string, where: string): string {
  return `SELECT order_id AS "orderId", string_agg(quantity || ' ' || sku || ' of ' || seller_id, ', ' ORDER BY seller_id, sku) AS pieces
    FROM (SELECT order_id, seller_id, sku, sum(quantity)::bigint AS quantity FROM ${table}
          WHERE order_id = ANY ($1) ${where} GROUP BY 1, 2, 3) summed GROUP BY order_id`;
}

/** What is taken belongs to an order that is stored soon, or never: only orders that there are can be compared. */
export const soldOffersInspection: Inspection = {
  invariants: [PIECES],
  reads: ["sellers", "orders"],
  optional: true,
  async *look(databases, ids) {
    const [sellers, orders] = [await databases.of("sellers"), await databases.of("orders")];
    const pages = ids
      ? [ids]
      : orders.keys(
          "SELECT DISTINCT order_id AS key FROM order_line WHERE seller_id IS NOT NULL AND order_id > $1 ORDER BY 1 LIMIT $2",
        );
    for await (const page of pages)
      yield { invariant: PIECES.name, checked: page.length, suspects: await wrongOrders(sellers, orders, page) };
  },
};

async function wrongOrders(
  sellers: ReadOnlyDatabase,
  orders: ReadOnlyDatabase,
  orderIds: readonly string[],
): Promise<Suspect[]> {
  const [ordered, taken] = await Promise.all([
    orders.query<Pieces>(ORDERED, [orderIds]),
    sellers.query<Pieces>(TAKEN, [orderIds]),
  ]);
  const takenBy = new Map(taken.map(({ orderId, pieces }) => [orderId, pieces]));
  return ordered.flatMap(({ orderId, pieces }) => {
    const its = takenBy.get(orderId) ?? "nothing";
    return its === pieces ? [] : [{ id: orderId, wrong: `ordered ${pieces}; taken ${its}` }];
  });
}

import { topicOf } from "#lib/contract/contract.ts";
import type { ReadOnlyDatabase, ServiceDatabases } from "./databases.ts";
import type { OrderSnapshot, Step } from "./order-snapshot.ts";

type Orders = Map<string, NonNullable<OrderSnapshot["order"]>>;
type Payments = Map<string, OrderSnapshot["payments"]>;
type Reservations = Map<string, NonNullable<OrderSnapshot["reservation"]>>;

/** Gathers what the services know of these orders. */
export async function orderSnapshotsOf(
  databases: ServiceDatabases,
  orderIds: readonly string[],
): Promise<Map<string, OrderSnapshot>> {
  const [ordersBook, paymentsBook, inventoryBook] = await Promise.all([
    databases.of("orders"),
    databases.of("payments"),
    databases.of("inventory"),
  ]);
  const [orders, payments, reservations] = await Promise.all([
    readOrders(ordersBook, orderIds),
    readPayments(paymentsBook, orderIds),
    readReservations(inventoryBook, orderIds),
  ]);
  return new Map(
    orderIds.map((orderId) => {
      const order = orders.get(orderId);
      const reservation = reservations.get(orderId);
      const known = {
        payments: payments.get(orderId) ?? [],
        ...(order && { order }),
        ...(reservation && { reservation }),
      };
      return [orderId, known];
    }),
  );
}

/** Every order: those that orders knows, then those that only others know. */
export async function* everyOrder(databases: ServiceDatabases): AsyncGenerator<string[]> {
  const orders = await databases.of("orders");
  yield* orders.keys("SELECT order_id AS key FROM orders WHERE order_id > $1 ORDER BY order_id LIMIT $2");
  const elsewhere = {
    inventory: "SELECT order_id AS key FROM reservation WHERE order_id > $1 ORDER BY order_id LIMIT $2",
    // Every payment's order has been payable.
    payments: "SELECT order_id AS key FROM payable WHERE order_id > $1 ORDER BY order_id LIMIT $2",
  };
  for (const [service, keys] of Object.entries(elsewhere)) {
    const database = await databases.of(service);
    for await (const page of database.keys(keys)) {
      const known = await orders.query<{ order_id: string }>("SELECT order_id FROM orders WHERE order_id = ANY ($1)", [
        page,
      ]);
      const ids = new Set(known.map(({ order_id }) => order_id));
      yield page.filter((orderId) => !ids.has(orderId));
    }
  }
}

async function readOrders(database: ReadOnlyDatabase, orderIds: readonly string[]): Promise<Orders> {
  const rows = await database.query<
    Omit<
      NonNullable<OrderSnapshot["order"]>,
      "lines" | "linesMinor" | "lineDiscountMinor" | "history" | "publishedEvents"
    > &
      Of
  >(
    `SELECT order_id AS "orderId", status, total_minor AS "totalMinor", captured_minor AS "capturedMinor",
            refunded_minor AS "refundedMinor", version,
            (SELECT coalesce(sum(CASE tax ->> 'included' WHEN 'false' THEN (tax ->> 'amountMinor')::bigint ELSE 0 END
                                 - coalesce((tax ->> 'takenOffMinor')::bigint, 0)), 0)::bigint
             FROM json_array_elements(taxes) AS tax) AS "addedMinor",
            (SELECT coalesce(sum((tax ->> 'amountMinor')::bigint), 0)::bigint FROM json_array_elements(taxes) AS tax) AS "taxMinor",
            (SELECT coalesce(sum((discount ->> 'amountMinor')::bigint), 0)::bigint
             FROM json_array_elements(discounts) AS discount) AS "discountMinor",
            CASE WHEN line_taxes IS NOT NULL THEN
              (SELECT coalesce(sum((tax ->> 'amountMinor')::bigint), 0)::bigint
               FROM json_array_elements(line_taxes) AS line, json_array_elements(line) AS tax)
            END AS "lineTaxMinor",
            coalesce(extract(epoch FROM now() - deadline_at), 0)::float8 AS "overdueSeconds"
     FROM orders WHERE order_id = ANY ($1)`,
    [orderIds],
  );
  const lines = await database.query<
    { sku: string; isOffer: boolean; quantity: number; minor: number; discountMinor: number } & Of
  >(
    `SELECT order_id AS "orderId", sku, seller_id IS NOT NULL AS "isOffer", sum(quantity) AS quantity,
            sum(quantity * price_minor)::bigint AS minor,
            sum(discount_minor)::bigint AS "discountMinor"
     FROM order_line WHERE order_id = ANY ($1) GROUP BY order_id, sku, seller_id IS NOT NULL`,
    [orderIds],
  );
  const steps = await database.query<Step & Of>(
    `SELECT order_id AS "orderId", version, from_status AS "from", to_status AS "to", cause,
            CASE WHEN at >= rewound_at THEN generation WHEN generation > 1 THEN NULL ELSE 0 END AS rewinds
     FROM order_history LEFT JOIN rewind ON consumer_group = 'orders' WHERE order_id = ANY ($1) ORDER BY order_id, version`,
    [orderIds],
  );
  const told = await publishedOf(database, "orders", orderIds);
  const linesOf = Map.groupBy(lines, ({ orderId }) => orderId);
  const historyOf = Map.groupBy(steps, ({ orderId }) => orderId);
  return new Map(
    rows.map(({ orderId, ...order }) => {
      const itsLines = linesOf.get(orderId) ?? [];
      return [
        orderId,
        {
          ...order,
          lines: itsLines.filter(({ isOffer }) => !isOffer), // sellers keep the stock of their offers
          linesMinor: itsLines.reduce((sum, { minor }) => sum + minor, 0),
          lineDiscountMinor: itsLines.reduce((sum, { discountMinor }) => sum + discountMinor, 0),
          history: historyOf.get(orderId) ?? [],
          publishedEvents: told.get(orderId) ?? 0,
        },
      ];
    }),
  );
}

async function readPayments(database: ReadOnlyDatabase, orderIds: readonly string[]): Promise<Payments> {
  const rows = await database.query<OrderSnapshot["payments"][number] & Of>(
    `SELECT order_id AS "orderId", payment_id AS "paymentId", held_minor AS "heldMinor",
            captured_minor AS "capturedMinor", refunded_minor AS "refundedMinor"
     FROM payment WHERE order_id = ANY ($1) AND state NOT IN ('failed', 'voided') ORDER BY payment_id`,
    [orderIds],
  );
  return Map.groupBy(rows, ({ orderId }) => orderId);
}

async function readReservations(database: ReadOnlyDatabase, orderIds: readonly string[]): Promise<Reservations> {
  const rows = await database.query<
    { state: NonNullable<OrderSnapshot["reservation"]>["state"]; wasCommitted: boolean } & Of
  >(
    `SELECT order_id AS "orderId", state,
            was_committed OR EXISTS (SELECT FROM movement WHERE reference = order_id AND kind = 'commit') AS "wasCommitted"
     FROM reservation WHERE order_id = ANY ($1)`,
    [orderIds],
  );
  const lines = await database.query<{ sku: string; quantity: number } & Of>(
    `SELECT order_id AS "orderId", sku, sum(quantity) AS quantity
     FROM reservation_line WHERE order_id = ANY ($1) GROUP BY order_id, sku`,
    [orderIds],
  );
  const told = await publishedOf(database, "inventory", orderIds);
  const linesOf = Map.groupBy(lines, ({ orderId }) => orderId);
  return new Map(
    rows.map(({ orderId, ...reservation }) => [
      orderId,
      { ...reservation, lines: linesOf.get(orderId) ?? [], publishedEvents: told.get(orderId) ?? 0 },
    ]),
  );
}

interface Of {
  orderId: string;
}

/** How many events a service has published of each order. */
async function publishedOf(
  database: ReadOnlyDatabase,
  service: string,
  orderIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await database.query<{ key: string; last: number }>(
    "SELECT key, last FROM event_sequence WHERE topic = $1 AND key = ANY ($2)",
    [topicOf(service), orderIds],
  );
  return new Map(rows.map(({ key, last }) => [key, last]));
}

import { limits } from "#config/limits.ts";
import type { Database } from "#lib/sql/database.ts";
import { isTableEmpty } from "#lib/sql/is-table-empty.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { AllocatedLine, RequestedLine } from "./domain/allocate.ts";
import type { Movement, Plan, Reservation } from "./domain/apply-messages.ts";
import { inventoryLimits } from "./domain/limits.ts";
import type { ReservationState } from "./domain/reservation.ts";
import { Stock, type StockRow } from "./domain/stock.ts";
import type { Supplies } from "./domain/supplies.ts";

interface LoadedRow {
  kind: "reservation" | "line" | "stock" | "supply";
  takes: RequestedLine[] | null;
  without_lines: boolean | null;
  was_committed: boolean | null;
  order_id: string;
  state: ReservationState;
  sku: string;
  warehouse_id: string;
  quantity: number;
  on_hand: number;
  reserved: number;
}

/** Skus that orders mention, with what they take from the stock where that is not themselves, and the skus of all of it. */
const suppliesOf = (skus: string) => `supplies AS MATERIALIZED (
       SELECT sku, takes FROM supply WHERE sku = ANY (${skus}::text[]) AND takes IS NOT NULL
     ), wanted AS (
       SELECT unnest(${skus}::text[]) AS sku
       UNION SELECT piece.sku FROM supplies CROSS JOIN json_to_recordset(takes) AS piece (sku text)
     )`;

/**
 * Locks the reservations of some orders, and all stock of their skus and of the given skus. Reservations come first and
 * stock second, each in the order of its key, so that two writers cannot deadlock. It takes one round trip.
 */
export async function lockForOrders(
  db: Queryable,
  orderIds: readonly string[],
  skus: readonly string[],
): Promise<{ stock: Stock; reservations: Reservation[]; supplies: Supplies }> {
  const rows = await db.query<LoadedRow>(
    `WITH known AS MATERIALIZED (
       SELECT order_id, state, without_lines, was_committed FROM reservation WHERE order_id = ANY ($1::text[]) ORDER BY order_id FOR UPDATE
     ), lines AS MATERIALIZED (
       SELECT k.order_id, l.sku, l.warehouse_id, l.quantity FROM known k CROSS JOIN LATERAL
         (SELECT * FROM reservation_line r WHERE r.order_id = k.order_id OFFSET 0) l -- OFFSET 0 makes every plan read the lines by order
     ), ${suppliesOf("$2")}, stock_rows AS MATERIALIZED (
       SELECT s.sku, s.warehouse_id, s.on_hand, s.reserved FROM stock s
       WHERE s.sku IN (SELECT sku FROM wanted UNION SELECT sku FROM lines)
       ORDER BY s.sku, s.warehouse_id FOR UPDATE OF s
     )
     SELECT 'reservation' AS kind, order_id, state, NULL AS sku, NULL AS warehouse_id, NULL::int AS quantity,
            NULL::int AS on_hand, NULL::int AS reserved, without_lines, was_committed, NULL::json AS takes FROM known
     UNION ALL SELECT 'line', order_id, NULL, sku, warehouse_id, quantity, NULL, NULL, NULL, NULL, NULL FROM lines
     UNION ALL SELECT 'stock', NULL, NULL, sku, warehouse_id, NULL, on_hand, reserved, NULL, NULL, NULL FROM stock_rows
     UNION ALL SELECT 'supply', NULL, NULL, sku, NULL, NULL, NULL, NULL, NULL, NULL, takes FROM supplies`,
    [orderIds, skus],
  );
  const lines = new Map<string, AllocatedLine[]>();
  for (const row of rows) {
    if (row.kind !== "line") continue;
    const line = { sku: row.sku, warehouseId: row.warehouse_id, quantity: row.quantity };
    lines.set(row.order_id, [...(lines.get(row.order_id) ?? []), line]);
  }
  const reservations = rows
    .filter(({ kind }) => kind === "reservation")
    .map(({ order_id: orderId, state, was_committed }) => ({
      orderId,
      state,
      reason: null,
      wasCommitted: was_committed === true,
      lines: lines.get(orderId) ?? [],
    }));
  // While a partition moves to another node, both nodes may lock the same reservation. The second one then reads the new
  // state, but its snapshot does not show the new lines yet. A retry sees both.
  const withoutLines = rows.find(
    ({ kind, state, order_id, without_lines }) =>
      kind === "reservation" &&
      (state === "reserved" || state === "committed") &&
      !without_lines &&
      !lines.has(order_id),
  );
  if (withoutLines) throw new Error(`The lines of ${withoutLines.order_id} are not visible yet.`);
  return {
    stock: new Stock(rows.filter(({ kind }) => kind === "stock").map(toStockRow)),
    reservations,
    supplies: toSupplies(rows),
  };
}

/**
 * Writes a plan in one round trip. When another node has inserted one of the `opened` reservations meanwhile, the primary
 * key refuses it; the batch is then retried and finds that reservation. The `changed` reservations are locked, so nothing
 * is overwritten. They are written with ON CONFLICT so that Postgres finds them by the primary key, whatever its plan.
 */
export function savePlan(tx: Transaction, stock: Stock, plan: Plan): void {
  const changes = stock.changes();
  tx.write(
    `WITH moved AS (
       UPDATE stock s SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved
       FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) AS d (sku, warehouse_id, on_hand, reserved)
       WHERE s.sku = d.sku AND s.warehouse_id = d.warehouse_id
     ), opened AS (
       INSERT INTO reservation (order_id, state, reason, expires_at, without_lines, was_committed)
       SELECT order_id, state, reason, CASE WHEN state = 'reserved' THEN now() + make_interval(mins => $20) END, empty,
              committed
       FROM unnest($5::text[], $6::text[], $7::text[], $21::boolean[], $22::boolean[])
         AS r (order_id, state, reason, empty, committed)
     ), changed AS (
       INSERT INTO reservation AS r (order_id, state, reason, expires_at, without_lines, was_committed)
       SELECT order_id, state, reason, CASE WHEN state = 'reserved' THEN now() + make_interval(mins => $20) END, empty,
              committed
       FROM unnest($8::text[], $9::text[], $10::text[], $23::boolean[], $24::boolean[])
         AS n (order_id, state, reason, empty, committed)
       ON CONFLICT (order_id) DO UPDATE
         SET state = EXCLUDED.state, reason = EXCLUDED.reason, expires_at = EXCLUDED.expires_at,
             without_lines = EXCLUDED.without_lines, was_committed = EXCLUDED.was_committed, changed_at = now()
     ), new_lines AS (
       INSERT INTO reservation_line (order_id, sku, warehouse_id, quantity)
       SELECT * FROM unnest($11::text[], $12::text[], $13::text[], $14::int[])
     )
     INSERT INTO movement (reference, kind, sku, warehouse_id, delta)
     SELECT * FROM unnest($15::text[], $16::text[], $17::text[], $18::text[], $19::int[])`,
    [
      ...[
        changes.map((c) => c.sku),
        changes.map((c) => c.warehouseId),
        changes.map((c) => c.onHand),
        changes.map((c) => c.reserved),
      ],
      ...reservationColumns(plan.opened),
      ...reservationColumns(plan.changed),
      plan.newLines.map(({ orderId }) => orderId),
      plan.newLines.map(({ line }) => line.sku),
      plan.newLines.map(({ line }) => line.warehouseId),
      plan.newLines.map(({ line }) => line.quantity),
      ...movementColumns(plan.movements),
      inventoryLimits.RESERVATION_MINUTES,
      ...[plan.opened, plan.changed].flatMap((reservations) => [
        reservations.map(({ lines }) => lines.length === 0),
        reservations.map(({ wasCommitted }) => wasCommitted),
      ]),
    ],
  );
}

function reservationColumns(reservations: readonly Reservation[]) {
  return [reservations.map((r) => r.orderId), reservations.map((r) => r.state), reservations.map((r) => r.reason)];
}

function movementColumns(movements: readonly Movement[]) {
  return [
    movements.map((m) => m.reference),
    movements.map((m) => m.kind),
    movements.map((m) => m.sku),
    movements.map((m) => m.warehouseId),
    movements.map((m) => m.delta),
  ];
}

/** Orders with an expired reservation, the oldest expiry first. */
export async function expiredOrders(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ order_id: string }>(
    "SELECT order_id FROM reservation WHERE state = 'reserved' AND expires_at < now() ORDER BY expires_at LIMIT $1",
    [limits.SWEEP_ROWS],
  );
  return rows.map((row) => row.order_id);
}

/** The number of reservations that expired longer ago than the job needs to find them. */
export async function countExpired(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM reservation
     WHERE state = 'reserved' AND expires_at < now() - make_interval(secs => $1)`,
    [limits.SWEEPER_GRACE_SECONDS],
  );
  return row?.count ?? 0;
}

/**
 * Locks all rows of the skus for adjusting, and inserts an empty row where one is missing.
 * @returns the stock, and the skus of the rows that were missing
 */
export async function lockForAdjusting(
  db: Queryable,
  rows: readonly { sku: string; warehouseId: string }[],
): Promise<{ stock: Stock; newSkus: string[] }> {
  const skus = rows.map(({ sku }) => sku);
  const inserted = await db.query<{ sku: string }>(
    `INSERT INTO stock (sku, warehouse_id)
     SELECT DISTINCT sku, warehouse_id FROM unnest($1::text[], $2::text[]) AS r (sku, warehouse_id)
     ORDER BY sku, warehouse_id ON CONFLICT DO NOTHING RETURNING sku`,
    [skus, rows.map(({ warehouseId }) => warehouseId)],
  );
  const locked = await db.query<LoadedRow>(
    `SELECT sku, warehouse_id, on_hand, reserved FROM stock
     WHERE sku IN (SELECT unnest($1::text[])) ORDER BY sku, warehouse_id FOR UPDATE OF stock`,
    [skus],
  );
  return { stock: new Stock(locked.map(toStockRow)), newSkus: inserted.map(({ sku }) => sku) };
}

export function saveAdjustments(tx: Transaction, stock: Stock, movements: readonly Movement[]): void {
  const changes = stock.changes();
  tx.write(
    `WITH moved AS (
       UPDATE stock s SET on_hand = s.on_hand + d.on_hand
       FROM unnest($1::text[], $2::text[], $3::int[]) AS d (sku, warehouse_id, on_hand)
       WHERE s.sku = d.sku AND s.warehouse_id = d.warehouse_id
     )
     INSERT INTO movement (reference, kind, sku, warehouse_id, delta, reason)
     SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[])`,
    [
      ...[changes.map((c) => c.sku), changes.map((c) => c.warehouseId), changes.map((c) => c.onHand)],
      ...movementColumns(movements),
      movements.map((m) => m.reason),
    ],
  );
}

/** All stock of some skus, and of what they take from it. */
export async function stockOf(db: Queryable, skus: readonly string[]): Promise<{ stock: Stock; supplies: Supplies }> {
  const rows = await db.query<LoadedRow>(
    `WITH ${suppliesOf("$1")}
     SELECT 'supply' AS kind, sku, NULL AS warehouse_id, NULL::int AS on_hand, NULL::int AS reserved, takes FROM supplies
     UNION ALL (
       SELECT 'stock', s.sku, s.warehouse_id, s.on_hand, s.reserved, NULL FROM wanted JOIN stock s USING (sku)
       ORDER BY s.sku, s.warehouse_id
     )`,
    [skus],
  );
  return { stock: new Stock(rows.filter(({ kind }) => kind === "stock").map(toStockRow)), supplies: toSupplies(rows) };
}

function toSupplies(rows: readonly LoadedRow[]): Supplies {
  return new Map(rows.flatMap(({ kind, sku, takes }) => (kind === "supply" && takes ? [[sku, takes]] : [])));
}

function toStockRow({ sku, warehouse_id, on_hand, reserved }: LoadedRow): StockRow {
  return { sku, warehouseId: warehouse_id, onHand: on_hand, reserved };
}

export interface WarehouseRow {
  warehouseId: string;
  name: string;
  createdAt: Date;
}

export async function unknownWarehouses(db: Queryable, warehouseIds: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT DISTINCT id FROM unnest($1::text[]) AS id
     WHERE NOT EXISTS (SELECT FROM warehouse WHERE warehouse_id = id)`,
    [warehouseIds],
  );
  return rows.map(({ id }) => id);
}

/** @returns undefined when there is a warehouse with this id */
export async function insertWarehouse(
  db: Queryable,
  warehouseId: string,
  name: string,
): Promise<WarehouseRow | undefined> {
  const [row] = await db.query<{ created_at: Date }>(
    "INSERT INTO warehouse (warehouse_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING created_at",
    [warehouseId, name],
  );
  return row && { warehouseId, name, createdAt: row.created_at };
}

export function pageOfWarehouses(db: Database, page: { page?: number; limit?: number }) {
  return db.page<WarehouseRow>({ ...page, sort: "warehouseId" });
}

export const isEmpty = (db: Queryable) => isTableEmpty(db, "warehouse");

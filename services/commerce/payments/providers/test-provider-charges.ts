import type { Queryable } from "#lib/sql/transaction.ts";
import type { Charge } from "../domain/charge.ts";

interface ChargeRow {
  charge_id: string;
  order_id: string;
  currency: string;
  amount_minor: number;
  waiting: boolean;
  held_minor: number;
  captured_minor: number;
  refunded_minor: number;
}

const COLUMNS = "charge_id, order_id, currency, amount_minor, waiting, held_minor, captured_minor, refunded_minor";
const PAGE_ROWS = 500;

/** One charge of the test provider's books. A declined authorisation leaves none. */
export async function readCharge(books: Queryable, chargeId: string): Promise<Charge | undefined> {
  const [row] = await books.query<ChargeRow>(`SELECT ${COLUMNS} FROM charge WHERE charge_id = $1`, [chargeId]);
  return row && toCharge(row);
}

/** All charges of a period. */
export async function* readCharges(
  books: Queryable,
  { from, until }: { from: Date; until: Date },
): AsyncGenerator<Charge> {
  let last = "";
  for (;;) {
    const rows = await books.query<ChargeRow>(
      `SELECT ${COLUMNS} FROM charge WHERE charged_at >= $1 AND charged_at < $2 AND charge_id > $3
       ORDER BY charge_id LIMIT $4`,
      [from, until, last, PAGE_ROWS],
    );
    yield* rows.map(toCharge);
    if (rows.length < PAGE_ROWS) return;
    last = rows.at(-1)?.charge_id ?? last;
  }
}

function toCharge(row: ChargeRow): Charge {
  return {
    reference: row.charge_id,
    state: stateOf(row),
    paymentId: null, // its books know the order only
    orderId: row.order_id,
    currency: row.currency,
    amountMinor: row.amount_minor,
    heldMinor: row.held_minor,
    capturedMinor: row.captured_minor,
    refundedMinor: row.refunded_minor,
  };
}

function stateOf({ waiting, held_minor, captured_minor }: ChargeRow): Charge["state"] {
  if (waiting) return "waiting";
  return held_minor > 0 || captured_minor > 0 ? "accepted" : "released";
}

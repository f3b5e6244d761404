import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Look, Suspect } from "./invariant.ts";
import { readJournal } from "./journal.ts";
import { Promises, promiseOf } from "./promises.ts";

const LINES = 2_000_000; // a day of the largest load test; what was promised is kept in memory
const PAGE_PROMISES = 1_000;

const invariants = [
  { name: "journal.keys", says: "No idempotency key was answered with two orders (POST /orders, /checkout)." },
  { name: "journal.orders", says: "Every order that was confirmed to a client exists, at that total (the same)." },
  {
    name: "journal.cancels",
    says: "Every order whose cancellation was confirmed is cancelled (POST /orders/…/cancel).",
  },
  { name: "journal.money", says: "Payments hold every capture and refund that was confirmed (POST /payments/…)." },
  { name: "journal.customers", says: "Every customer whose registration was confirmed exists (POST /customers)." },
] as const satisfies readonly Invariant[];

/** Compares the answers that clients received with the databases. */
export function journalInspection(path: string): Inspection {
  return {
    invariants,
    reads: ["orders", "payments", "customers"],
    async *look(databases) {
      const promises = await readPromises(path);
      yield { invariant: "journal.keys", checked: promises.answers.size, suspects: promises.twoOrders };
      yield { invariant: "journal.orders", checked: 0, suspects: promises.twoTotals };
      yield* paged("journal.orders", [...promises.totals], await databases.of("orders"), wrongTotals);
      yield* paged("journal.cancels", [...promises.cancelled], await databases.of("orders"), notCancelled);
      yield* paged("journal.money", [...promises.moved], await databases.of("payments"), notMoved);
      yield* paged("journal.customers", [...promises.customers], await databases.of("customers"), unknownCustomers);
    },
  };
}

async function readPromises(path: string): Promise<Promises> {
  const promises = new Promises();
  let place = 0;
  for await (const line of readJournal(path)) {
    place += 1;
    if (place > LINES) throw new Error(`${path} has more than ${LINES} lines.`);
    const promise = promiseOf(line, place);
    if (promise) promises.add(promise);
  }
  return promises;
}

async function* paged<T>(
  invariant: (typeof invariants)[number]["name"],
  promises: readonly T[],
  database: ReadOnlyDatabase,
  check: (database: ReadOnlyDatabase, page: readonly T[]) => Promise<Suspect[]>,
): AsyncGenerator<Look> {
  for (let from = 0; from < promises.length; from += PAGE_PROMISES) {
    const page = promises.slice(from, from + PAGE_PROMISES);
    yield { invariant, checked: page.length, suspects: await check(database, page) };
  }
}

async function wrongTotals(
  database: ReadOnlyDatabase,
  page: readonly [orderId: string, totalMinor: number][],
): Promise<Suspect[]> {
  const rows = await database.query<{ id: string; total: number }>(
    "SELECT order_id AS id, total_minor AS total FROM orders WHERE order_id = ANY ($1)",
    [page.map(([orderId]) => orderId)],
  );
  const totals = new Map(rows.map(({ id, total }) => [id, total]));
  return page.flatMap(([id, told]) => {
    const total = totals.get(id);
    if (total === undefined) return [{ id, wrong: "was confirmed to a client and does not exist" }];
    return total === told ? [] : [{ id, wrong: `costs ${total}; the client was told ${told}` }];
  });
}

async function notCancelled(database: ReadOnlyDatabase, page: readonly string[]): Promise<Suspect[]> {
  const rows = await database.query<{ id: string; status: string }>(
    "SELECT order_id AS id, status FROM orders WHERE order_id = ANY ($1)",
    [page],
  );
  const states = new Map(rows.map(({ id, status }) => [id, status]));
  return page.flatMap((id) => {
    const status = states.get(id) ?? "unknown";
    return status === "cancelled" || status === "refunded"
      ? []
      : [{ id, wrong: `is ${status}; the client was told that it is cancelled` }];
  });
}

async function notMoved(
  database: ReadOnlyDatabase,
  page: readonly [paymentId: string, told: { captured: number; refunded: number }][],
): Promise<Suspect[]> {
  const rows = await database.query<{ id: string; captured: number; refunded: number }>(
    `SELECT payment_id AS id, captured_minor AS captured, refunded_minor AS refunded
     FROM payment WHERE payment_id = ANY ($1)`,
    [page.map(([paymentId]) => paymentId)],
  );
  const payments = new Map(rows.map((row) => [row.id, row]));
  return page.flatMap(([id, told]) => {
    const { captured = 0, refunded = 0 } = payments.get(id) ?? {};
    if (captured >= told.captured && refunded >= told.refunded) return [];
    const wrong = `captured ${captured}, refunded ${refunded}; clients were told at least ${told.captured} and ${told.refunded}`;
    return [{ id, wrong }];
  });
}

async function unknownCustomers(database: ReadOnlyDatabase, page: readonly string[]): Promise<Suspect[]> {
  const rows = await database.query<{ id: string }>(
    "SELECT customer_id AS id FROM customer WHERE customer_id = ANY ($1)",
    [page],
  );
  const known = new Set(rows.map(({ id }) => id));
  return page.filter((id) => !known.has(id)).map((id) => ({ id, wrong: "was registered and does not exist" }));
}

import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Suspect } from "./invariant.ts";

const notCharged = {
  name: "fraud.not-charged",
  says: "No order is charged while its review is open, or after it was rejected.",
};
const decided = {
  name: "fraud.decided",
  says: "Each order that waits for a decision on its risk has an open review, or a decision that is on its way.",
};

/** The consumer may be down for a while; then the order waits, and it is worth knowing. */
const ON_ITS_WAY_SECONDS = 60;

/** What holds between orders under review, their reviews and their payments. */
export const reviewsInspection: Inspection = {
  invariants: [notCharged, decided],
  reads: ["fraud", "orders", "payments"],
  optional: true,
  async *look(databases, ids) {
    const [fraud, orders, payments] = await Promise.all([
      databases.of("fraud"),
      databases.of("orders"),
      databases.of("payments"),
    ]);
    const pages = ids
      ? [[...ids]]
      : fraud.keys("SELECT order_id AS key FROM review WHERE order_id > $1 ORDER BY order_id LIMIT $2");
    for await (const page of pages) {
      yield { invariant: notCharged.name, checked: page.length, suspects: await charged(fraud, payments, page) };
    }
    const waiting = ids
      ? [[...ids]]
      : orders.keys(
          "SELECT order_id AS key FROM orders WHERE under_review AND order_id > $1 ORDER BY order_id LIMIT $2",
        );
    for await (const page of waiting) {
      yield { invariant: decided.name, checked: page.length, suspects: await forgotten(fraud, orders, page) };
    }
  },
};

/** Orders with a payment although nobody has approved them. A payment that has begun counts, whatever became of it. */
async function charged(fraud: ReadOnlyDatabase, payments: ReadOnlyDatabase, page: string[]): Promise<Suspect[]> {
  const reviews = await fraud.query<{ id: string; status: string }>(
    "SELECT order_id AS id, status FROM review WHERE order_id = ANY ($1) AND status IN ('open', 'rejected')",
    [page],
  );
  const statusOf = new Map(reviews.map(({ id, status }) => [id, status]));
  const paid = await payments.query<{ id: string; state: string }>(
    "SELECT order_id AS id, state FROM payment WHERE order_id = ANY ($1) ORDER BY payment_id",
    [[...statusOf.keys()]],
  );
  return paid.map(({ id, state }) => ({
    id,
    wrong: `its review is ${statusOf.get(id)}, and it has a payment: ${state}`,
  }));
}

/** Orders that wait although their review is missing, or has ended some time ago. */
async function forgotten(fraud: ReadOnlyDatabase, orders: ReadOnlyDatabase, page: string[]): Promise<Suspect[]> {
  const waiting = await orders.query<{ id: string }>(
    `SELECT order_id AS id FROM orders
     WHERE order_id = ANY ($1) AND under_review AND updated_at < now() - make_interval(secs => $2) ORDER BY order_id`,
    [page, ON_ITS_WAY_SECONDS],
  );
  const reviews = await fraud.query<{ id: string; status: string }>(
    `SELECT order_id AS id, status FROM review
     WHERE order_id = ANY ($1) AND (status = 'open' OR decided_at > now() - make_interval(secs => $2))`,
    [waiting.map(({ id }) => id), ON_ITS_WAY_SECONDS],
  );
  const known = new Set(reviews.map(({ id }) => id));
  return waiting
    .filter(({ id }) => !known.has(id))
    .map(({ id }) => ({ id, wrong: "it waits for a decision, and nobody is to make one" }));
}

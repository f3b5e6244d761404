import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import { statement } from "./statement.ts";
import { SUSPECTS } from "./two-step-check.ts";

/** Old charges of the test provider are not in its books any more: their references begin with `test_op_`. */
const IS_TEST = "provider = 'test' AND coalesce(provider_reference, 'test_charge_') LIKE 'test\\_charge\\_%'";
const PAGE_ROWS = 20_000; // payments have no index of their references, so a page costs a look through all of them

const chargedOnce: Invariant = {
  name: "provider.charged-once",
  says: "Of each order at most one charge is held, captured or waits for its customer.",
};
const agrees: Invariant = {
  name: "provider.agrees",
  says: "Each charge belongs to a payment, and both say the same amounts.",
};

interface Amounts {
  orderId: string;
  currency: string;
  amount: number;
  held: number;
  captured: number;
  refunded: number;
}

type Charge = Amounts & { chargeId: string };
type Payment = Amounts & { paymentId: string; reference: string | null };

const AMOUNTS = `order_id AS "orderId", currency, amount_minor AS amount, held_minor AS held, captured_minor AS captured,
  refunded_minor AS refunded`;
/** The part of the provider: gift cards and store credit pay the first part of a payment, and get back what is left of a refund. */
const PAYMENT = `SELECT payment_id AS "paymentId", provider_reference AS reference, order_id AS "orderId", currency,
    amount_minor - stored_minor AS amount, held_minor - least(held_minor, greatest(0, stored_minor - captured_minor)) AS held,
    greatest(0, captured_minor - stored_minor) AS captured, refunded_minor - stored_refunded_minor AS refunded
  FROM payment`;

const chargedOnceInspection: Inspection = {
  invariants: [chargedOnce],
  reads: ["payments"],
  async *look(databases) {
    const books = await databases.books();
    const [total] =
      (await books?.query<{ count: number }>("SELECT count(DISTINCT order_id) AS count FROM charge")) ?? [];
    const suspects = await books?.query<Suspect>(
      `SELECT order_id AS id, 'charged by ' || string_agg(charge_id, ' and ' ORDER BY charge_id) AS wrong
       FROM charge WHERE held_minor > 0 OR captured_minor > 0 OR waiting GROUP BY order_id
       HAVING count(*) FILTER (WHERE waiting OR held_minor + captured_minor > refunded_minor) > 1
           OR count(*) FILTER (WHERE captured_minor > 0) > 1 LIMIT $1`,
      [SUSPECTS],
    );
    yield { invariant: chargedOnce.name, checked: total?.count ?? 0, suspects: suspects ?? [] };
  },
};

/** Two databases are compared, page by page: what changes in between is well again at the second look. */
const agreesInspection: Inspection = {
  invariants: [agrees],
  reads: ["payments"],
  async *look(databases) {
    const [books, payments] = [await databases.books(), await databases.of("payments")];
    if (books) {
      const pages = books.keys(
        "SELECT charge_id AS key FROM charge WHERE charge_id > $1 ORDER BY charge_id LIMIT $2",
        PAGE_ROWS,
      );
      for await (const chargeIds of pages) {
        const charges = await chargesOf(books, chargeIds);
        const stored = await payments.query<Payment>(`${PAYMENT} WHERE provider_reference = ANY ($1)`, [chargeIds]);
        const byReference = new Map(stored.map((payment) => [payment.reference, payment]));
        const asked = await ordersAsked(payments);
        const suspects = [...charges.values()].flatMap((charge) => {
          if (asked.has(charge.orderId)) return [];
          return differenceOf(charge, byReference.get(charge.chargeId)) ?? [];
        });
        yield { invariant: agrees.name, checked: charges.size, suspects };
      }
    }
    const moneyed = `SELECT payment_id AS key FROM payment WHERE payment_id > $1 AND ${IS_TEST}
      AND (held_minor > 0 OR captured_minor > 0) AND amount_minor > stored_minor ORDER BY payment_id LIMIT $2`;
    for await (const paymentIds of payments.keys(moneyed, PAGE_ROWS)) {
      const stored = await payments.query<Payment>(`${PAYMENT} WHERE payment_id = ANY ($1)`, [paymentIds]);
      const references = stored.map(({ reference }) => reference).filter((reference) => reference !== null);
      const charges = books ? await chargesOf(books, references) : new Map();
      const asked = await ordersAsked(payments);
      const lost = stored.filter(
        ({ orderId, reference }) => !asked.has(orderId) && (reference === null || !charges.has(reference)),
      );
      const suspects = lost.map(({ paymentId }) => ({ id: paymentId, wrong: "the provider knows of no charge" }));
      yield { invariant: agrees.name, checked: 0, suspects };
    }
  },
};

async function chargesOf(books: ReadOnlyDatabase, chargeIds: readonly string[]): Promise<Map<string, Charge>> {
  const rows = await books.query<Charge>(
    `SELECT charge_id AS "chargeId", ${AMOUNTS} FROM charge WHERE charge_id = ANY ($1)`,
    [chargeIds],
  );
  return new Map(rows.map((charge) => [charge.chargeId, charge]));
}

/** Orders of which the provider may know more than we do, because a request to it is under way. */
async function ordersAsked(payments: ReadOnlyDatabase): Promise<Set<string>> {
  const rows = await payments.query<{ orderId: string }>(
    `SELECT DISTINCT order_id AS "orderId" FROM operation JOIN payment USING (payment_id)
     WHERE operation.state IN ('pending', 'unknown')`,
  );
  return new Set(rows.map(({ orderId }) => orderId));
}

function differenceOf(charge: Charge, payment: Payment | undefined): Suspect | undefined {
  if (!payment) return { id: charge.chargeId, wrong: `${charge.orderId} is charged, and no payment knows of it` };
  const [ours, theirs] = [said(payment), said(charge)];
  return ours === theirs ? undefined : { id: payment.paymentId, wrong: `${ours}; the provider says ${theirs}` };
}

function said({ orderId, currency, amount, held, captured, refunded }: Amounts): string {
  return `${amount} ${currency} of ${orderId}: held ${held}, captured ${captured}, refunded ${refunded}`;
}

/**
 * Compares our payments with the records of the test provider, and says which other records were not read.
 * @param listed the providers whose lists are read as well
 */
export function providerInspections(listed: readonly string[]): Inspection[] {
  const unread = `NOT (${IS_TEST}) AND NOT (provider = ANY (string_to_array('${listed.join(",")}', ',')))`;
  return [
    chargedOnceInspection,
    agreesInspection,
    statement({ name: "provider.read", says: "The providers' records could be read.", advisory: true }, "payments", {
      count: "SELECT count(*) AS count FROM payment WHERE provider_reference IS NOT NULL",
      wrong: `SELECT payment_id AS id, 'the records of ' || provider || ' were not read' AS wrong FROM payment
              WHERE provider_reference IS NOT NULL AND ${unread} LIMIT $1`,
    }),
  ];
}

import type { ReadOnlyDatabase, ServiceDatabases } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import { statement } from "./statement.ts";

const PAGE_ROWS = 5_000;

/** Each entry and each currency, as the books themselves say. The database refuses anything else; this does not rely on it. */
const balanced: Inspection = {
  ...statement({ name: "ledger.balanced", says: "Every entry balances, and so does every currency." }, "ledger", {
    count: "SELECT count(*) AS count FROM entry",
    wrong: `WITH summed AS (
              SELECT entry_id, sum(debit_minor) AS debit, sum(credit_minor) AS credit FROM line GROUP BY entry_id
            )
            SELECT coalesce(e.event_id, 'entry ' || entry_id) AS id,
                   format('%s entry of %s: debit %s, credit %s', coalesce(event_type, 'no'), total_minor, debit, credit) AS wrong
            FROM summed FULL JOIN entry e USING (entry_id)
            WHERE (debit = total_minor AND credit = total_minor) IS NOT TRUE
            UNION ALL
            SELECT currency, format('debits exceed credits by %s', sum(debit_minor - credit_minor))
            FROM line GROUP BY currency HAVING sum(debit_minor) <> sum(credit_minor)
            LIMIT $1`,
  }),
  optional: true,
};

/** What reports read instead of all lines. */
const summed: Inspection = {
  ...statement({ name: "ledger.summed", says: "The sums that reports begin with are those of the lines." }, "ledger", {
    count: "SELECT count(*) AS count FROM balance",
    wrong: `WITH lines AS (
              SELECT CASE WHEN account ~ '^(customer|seller):' THEN split_part(account, ':', 1) || ':*' ELSE account END AS account,
                     currency, (booked_at AT TIME ZONE 'UTC')::date AS day, sum(debit_minor) AS debit, sum(credit_minor) AS credit
              FROM line WHERE entry_id <= (SELECT summed_to FROM summing) GROUP BY 1, 2, 3
            )
            SELECT account || ' ' || currency || ' ' || day AS id,
                   format('%s and %s of %s and %s', debit_minor, credit_minor, debit, credit) AS wrong
            FROM lines FULL JOIN balance USING (account, currency, day)
            WHERE (debit = debit_minor AND credit = credit_minor) IS NOT TRUE LIMIT $1`,
  }),
  optional: true,
};

/** Since when there are books: what happened before may not be in them. */
async function began(ledger: ReadOnlyDatabase): Promise<Date> {
  const [row] = await ledger.query<{ at: Date }>("SELECT ran_at AS at FROM migration WHERE name = '001-ledger.sql'");
  return row?.at ?? new Date(0);
}

/** An invariant over the ledger and another service, page by page: what changes in between is well again at the second look. */
function compared<Row>(
  invariant: Invariant,
  reads: readonly string[],
  keys: (databases: ServiceDatabases, since: Date) => AsyncIterable<readonly Row[]>,
  {
    again,
    wrong,
  }: {
    /** The rows of suspects. */
    again: (databases: ServiceDatabases, ids: readonly string[]) => Promise<readonly Row[]>;
    wrong: (databases: ServiceDatabases, ledger: ReadOnlyDatabase, rows: readonly Row[]) => Promise<Suspect[]>;
  },
): Inspection {
  return {
    invariants: [invariant],
    reads: ["ledger", ...reads],
    optional: true,
    async *look(databases, ids) {
      const ledger = await databases.of("ledger");
      const pages = ids ? [await again(databases, ids)] : keys(databases, await began(ledger));
      for await (const rows of pages) {
        yield { invariant: invariant.name, checked: rows.length, suspects: await wrong(databases, ledger, rows) };
      }
    },
  };
}

/** `captured` and `refunded` are the provider's part; `stored` is what gift cards and store credit have paid of the payment. */
interface Moved {
  id: string;
  captured: number;
  refunded: number;
  disputed: number;
  stored: number;
}

const MOVED = `
  SELECT payment_id AS id, captured_minor - least(captured_minor, stored_minor) AS captured,
         refunded_minor - stored_refunded_minor AS refunded,
         least(captured_minor, stored_minor) - stored_refunded_minor AS stored,
         (SELECT coalesce(sum(d.amount_minor), 0)::bigint FROM dispute d
          WHERE d.payment_id = payment.payment_id AND d.status <> 'won') AS disputed
  FROM payment`;

const POSTED = `
  SELECT payment_id AS id,
         coalesce(sum(debit_minor - credit_minor) FILTER (WHERE cleared AND event_type = 'PaymentCompleted'), 0)::bigint AS captured,
         coalesce(sum(credit_minor - debit_minor) FILTER (WHERE cleared AND event_type IN ('PaymentRefunded', 'PaymentRefundFailed')), 0)::bigint AS refunded,
         coalesce(sum(credit_minor - debit_minor) FILTER (WHERE cleared AND event_type IN ('DisputeOpened', 'DisputeClosed')), 0)::bigint AS disputed,
         coalesce(sum(debit_minor - credit_minor) FILTER (WHERE account IN ('giftCards', 'storeCredit')), 0)::bigint AS stored
  FROM (SELECT *, account LIKE 'clearing:%' AS cleared FROM entry JOIN line USING (entry_id) WHERE payment_id = ANY ($1)) AS posted
  GROUP BY payment_id`;

const said = ({ captured, refunded, disputed, stored }: Omit<Moved, "id">) =>
  `captured ${captured}, refunded ${refunded}, disputed ${disputed}, spent of stored value ${stored}`;

async function* paged<Row extends { id: string }>(database: ReadOnlyDatabase, text: string, since: Date) {
  for (let after = ""; ; ) {
    const rows = await database.query<Row>(text, [after, PAGE_ROWS, since]);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.id;
  }
}

const paymentsPosted = compared<Moved>(
  {
    name: "ledger.payments",
    says: "What payments has captured, given back and lost in disputes is in the books, each once.",
  },
  ["payments"],
  async function* (databases, since) {
    const moneyed = `${MOVED} WHERE payment_id > $1 AND captured_minor > 0 AND created_at >= $3 ORDER BY payment_id LIMIT $2`;
    yield* paged<Moved>(await databases.of("payments"), moneyed, since);
  },
  {
    again: async (databases, ids) =>
      (await databases.of("payments")).query<Moved>(`${MOVED} WHERE payment_id = ANY ($1)`, [ids]),
    wrong: async (_, ledger, rows) => {
      const posted = await ledger.query<Moved>(POSTED, [rows.map(({ id }) => id)]);
      return differences(rows, posted, { captured: 0, refunded: 0, disputed: 0, stored: 0 }, said);
    },
  },
);

/** Where two services say something else of the same thing. */
function differences<Row extends { id: string }>(
  ours: readonly Row[],
  booked: readonly Row[],
  nothing: Omit<Row, "id">,
  say: (row: Omit<Row, "id">) => string,
): Suspect[] {
  const byId = new Map(booked.map((row) => [row.id, row]));
  return ours.flatMap((row) => {
    const [own, other] = [say(row), say(byId.get(row.id) ?? nothing)];
    return own === other ? [] : [{ id: row.id, wrong: `${own}; the books say ${other}` }];
  });
}

interface Held {
  id: string;
  currency: string;
  held: number;
}

const HELD = `
  SELECT charge_id AS id, order_id AS "orderId", currency,
         captured_minor - refunded_minor - (SELECT coalesce(sum(d.amount_minor), 0)::bigint FROM dispute d
                                            WHERE d.charge_id = charge.charge_id AND status <> 'won') AS held
  FROM charge`;

/** A charge has the order's id only, and an order may have several charges. Fees are compared by their events. */
const clearing = compared<Held & { orderId: string }>(
  { name: "ledger.clearing", says: "The clearing account has what the test provider holds of each order." },
  ["payments"],
  async function* (databases, since) {
    const books = await databases.books();
    const moneyed = `${HELD} WHERE charge_id > $1 AND captured_minor > 0 AND charged_at >= $3 ORDER BY charge_id LIMIT $2`;
    if (books) yield* paged(books, moneyed, since);
  },
  {
    again: async (databases, ids) => (await databases.books())?.query(`${HELD} WHERE order_id = ANY ($1)`, [ids]) ?? [],
    wrong: async (_, ledger, rows) => {
      const orders = [...Map.groupBy(rows, ({ orderId, currency }) => `${orderId} ${currency}`)].map(([, charges]) => ({
        id: charges[0]?.orderId ?? "",
        currency: charges[0]?.currency ?? "",
        held: charges.reduce((sum, { held }) => sum + held, 0),
      }));
      const booked = await ledger.query<Held>(
        `SELECT order_id AS id, line.currency, sum(debit_minor - credit_minor)::bigint AS held
         FROM entry JOIN line USING (entry_id)
         WHERE order_id = ANY ($1) AND account = 'clearing:test' AND event_type <> 'ProviderFeeCharged'
         GROUP BY order_id, line.currency`,
        [orders.map(({ id }) => id)],
      );
      return differences(orders, booked, { currency: "", held: 0 }, ({ held }) => `${held} is held`);
    },
  },
);

interface Sent {
  id: string;
  type: string;
}

const TYPES = [
  ...["GiftCardIssued", "GiftCardDisabled", "StoreCreditGranted"],
  ...["ProviderFeeCharged", "ProviderPaidOut", "DisputeOpened"],
];
const BILLED = ["InvoiceIssued", "CreditNoteIssued"];
const SENT = `
  SELECT event_id AS id, event_type AS type FROM outbox
  WHERE event_type = ANY ('{${[...TYPES, ...BILLED].join(",")}}') AND (data ->> 'amount' IS DISTINCT FROM '0')
    AND (data ->> 'total' IS DISTINCT FROM '0')`;

/** Those of which no other service keeps a sum that could be compared. Each event has one entry by its id. */
const eventsPosted = compared<Sent>(
  {
    name: "ledger.posted",
    says: "Each invoice, credit note, gift card, store credit, fee, payout and dispute has its entry.",
  },
  [],
  async function* (databases, since) {
    for (const service of ["payments", "billing"].filter((name) => databases.has(name))) {
      const sent = `${SENT} AND event_id > $1 AND occurred_at >= $3 ORDER BY event_id LIMIT $2`;
      yield* paged<Sent>(await databases.of(service), sent, since);
    }
  },
  {
    again: async (databases, ids) => {
      const services = ["payments", "billing"].filter((name) => databases.has(name));
      const found = services.map(async (name) =>
        (await databases.of(name)).query<Sent>(`${SENT} AND event_id = ANY ($1)`, [ids]),
      );
      return (await Promise.all(found)).flat();
    },
    wrong: async (_, ledger, rows) => {
      const known = await ledger.query<{ id: string }>("SELECT event_id AS id FROM entry WHERE event_id = ANY ($1)", [
        rows.map(({ id }) => id),
      ]);
      const ids = new Set(known.map(({ id }) => id));
      return rows.filter(({ id }) => !ids.has(id)).map(({ id, type }) => ({ id, wrong: `${type} has no entry` }));
    },
  },
);

/** Such as `GST 500, PST 700`, in minor units. */
type Taxed = { id: string; taxes: string };

const taxesOf = (rows: string) => `
  SELECT order_id AS id, string_agg(name || ' ' || minor, ', ' ORDER BY name COLLATE "C") FILTER (WHERE minor <> 0) AS taxes
  FROM (${rows} WHERE order_id = ANY ($1) GROUP BY 1, 2) AS taxed GROUP BY order_id`;
const INVOICED =
  "SELECT order_id AS id FROM document WHERE order_id > $1 AND kind = 'invoice' AND issued_at >= $3 ORDER BY 1 LIMIT $2";
const INVOICED_TAXES = taxesOf(`
  SELECT order_id, tax ->> 'name' AS name, sum(CASE kind WHEN 'invoice' THEN 1 ELSE -1 END * (tax ->> 'amountMinor')::bigint) AS minor
  FROM document LEFT JOIN json_array_elements(content -> 'taxes') AS tax ON true`);
const BOOKED_TAXES = taxesOf(`
  SELECT order_id, substr(account, 5) AS name, sum(credit_minor - debit_minor) AS minor
  FROM entry JOIN (SELECT * FROM line WHERE account LIKE 'tax:%') AS line USING (entry_id)`);

const taxesPosted = compared<Taxed>(
  { name: "ledger.taxes", says: "The account of each tax has what invoices less credit notes say of it." },
  ["billing"],
  async function* (databases, since) {
    const billing = await databases.of("billing");
    for await (const page of paged<{ id: string }>(billing, INVOICED, since))
      yield billing.query<Taxed>(INVOICED_TAXES, [page.map(({ id }) => id)]);
  },
  {
    again: async (databases, ids) => (await databases.of("billing")).query<Taxed>(INVOICED_TAXES, [ids]),
    wrong: async (_, ledger, rows) => {
      const booked = await ledger.query<Taxed>(BOOKED_TAXES, [rows.map(({ id }) => id)]);
      return differences(rows, booked, { taxes: "" }, ({ taxes }) => `taxes: ${taxes || "none"}`);
    },
  },
);

/** A refund that came back is owed to the customer although it has a credit note. */
const settled: Inspection = {
  ...statement(
    { name: "ledger.customers", says: "An order that is invoiced leaves its customer owing nothing." },
    "ledger",
    {
      count: "SELECT count(*) AS count FROM entry WHERE event_type = 'InvoiceIssued'",
      wrong: `SELECT order_id AS id, format('the account of its customer has %s, not %s', owed, returned) AS wrong
            FROM (
              SELECT order_id, sum(debit_minor - credit_minor) AS owed,
                     -coalesce(sum(total_minor) FILTER (WHERE event_type = 'PaymentRefundFailed'), 0) AS returned
              FROM entry JOIN line USING (entry_id)
              WHERE account LIKE 'customer:%' AND order_id IN (SELECT order_id FROM entry WHERE event_type = 'InvoiceIssued')
              GROUP BY order_id
            ) customer
            WHERE owed <> returned LIMIT $1`,
    },
  ),
  optional: true,
};

/** The books, by themselves and beside what they are made of. */
export const ledgerInspections: readonly Inspection[] = [
  balanced,
  summed,
  paymentsPosted,
  clearing,
  eventsPosted,
  taxesPosted,
  settled,
];

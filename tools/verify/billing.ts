import type { ReadOnlyDatabase, ServiceDatabases } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import { statement } from "./statement.ts";

/** The numbers of each series are those that it has given, each once. */
const numbers: Inspection = {
  ...statement(
    {
      name: "billing.numbers",
      says: "The numbers of invoices and credit notes have no gap, and none was given twice.",
    },
    "billing",
    {
      count: "SELECT count(*) AS count FROM document",
      wrong: `WITH given AS (
                SELECT seller_id, country, kind, year, count(*) AS documents, count(DISTINCT position) AS numbers,
                       min(position) AS first, max(position) AS last
                FROM document GROUP BY 1, 2, 3, 4
              )
              SELECT concat_ws(' ', seller_id, kind, country, year) AS id,
                     format('%s documents with the numbers %s to %s; the series has given %s', coalesce(documents, 0), first,
                            g.last, coalesce(s.last, 0)) AS wrong
              FROM series s FULL JOIN given g USING (seller_id, country, kind, year)
              WHERE (documents, numbers, first, g.last) IS DISTINCT FROM (s.last, s.last, 1, s.last) LIMIT $1`,
    },
  ),
  optional: true,
};

/** What the books of billing and of orders say of one order. Amounts are minor units. */
export interface BilledOrder {
  totalMinor: number;
  taxMinor: number;
  currency: string;
  capturedMinor: number;
  refundedMinor: number;
  /** Whether a refund has failed after it was told: its credit note stays. */
  refundFailed: boolean;
  /** `taxes`: how many there are; each is shared out, and rounded, by itself. */
  invoices: readonly { totalMinor: number; taxMinor: number; currency: string; taxes?: number }[];
  creditNotes: readonly { totalMinor: number; taxMinor: number }[];
  /** Events that billing has published of it. */
  published: number;
}

interface BillingInvariant extends Invariant {
  /** @returns what is wrong, undefined when nothing is */
  wrong(order: BilledOrder): string | undefined;
}

const invoiced: BillingInvariant = {
  name: "billing.invoiced",
  says: "Every order that is paid in full has exactly one invoice, over what it costs and its taxes, and no other has one.",
  wrong({ totalMinor, taxMinor, currency, capturedMinor, invoices }) {
    const due = totalMinor > 0 && capturedMinor >= totalMinor ? 1 : 0;
    if (invoices.length !== due) return `captured ${capturedMinor} of ${totalMinor}, and ${invoices.length} invoices`;
    const [invoice] = invoices;
    if (!invoice) return undefined;
    const same = invoice.totalMinor === totalMinor && invoice.taxMinor === taxMinor && invoice.currency === currency;
    return same
      ? undefined
      : `costs ${totalMinor} ${currency} with tax ${taxMinor}; invoiced ${invoice.totalMinor} ${invoice.currency} with ${invoice.taxMinor}`;
  },
};

const credited: BillingInvariant = {
  name: "billing.credited",
  says: "What is refunded of an invoiced order is credited, never more than the invoice, and with the tax's share of it.",
  wrong({ invoices: [invoice], creditNotes, refundedMinor, refundFailed }) {
    const total = creditNotes.reduce((sum, note) => sum + note.totalMinor, 0);
    const tax = creditNotes.reduce((sum, note) => sum + note.taxMinor, 0);
    if (!invoice) return creditNotes.length > 0 ? `${creditNotes.length} credit notes, and no invoice` : undefined;
    if (total > invoice.totalMinor) return `credited ${total} of an invoice over ${invoice.totalMinor}`;
    if (refundFailed ? total < refundedMinor : total !== refundedMinor)
      return `refunded ${refundedMinor}, credited ${total}`;
    const share = Math.round((invoice.taxMinor * total) / invoice.totalMinor);
    return Math.abs(tax - share) > Math.max(1, invoice.taxes ?? 1) ||
      (total === invoice.totalMinor && tax !== invoice.taxMinor)
      ? `credited ${total} with tax ${tax}; of the invoice's ${invoice.taxMinor} it should be ${share}`
      : undefined;
  },
};

const published: BillingInvariant = {
  name: "billing.published",
  says: "Each invoice and each credit note was published exactly once.",
  wrong({ invoices, creditNotes, published }) {
    const due = invoices.length + creditNotes.length;
    return due === published ? undefined : `billing should have published ${due} events of it, and did ${published}`;
  },
};

export const billingInvariants: readonly BillingInvariant[] = [invoiced, credited, published];

/** Orders and their documents, in one walk. Orders of before the first invoice are those of a shop without billing. */
const orders: Inspection = {
  invariants: billingInvariants,
  reads: ["orders", "billing"],
  optional: true,
  async *look(databases, ids) {
    for await (const page of ids ? [[...ids]] : ordersSinceTheFirstInvoice(databases)) {
      const billed = [...(await billedOrders(databases, page))];
      for (const { name, wrong } of billingInvariants) {
        const suspects = billed.flatMap(([id, order]): Suspect[] => {
          const found = wrong(order);
          return found === undefined ? [] : [{ id, wrong: found }];
        });
        yield { invariant: name, checked: billed.length, suspects };
      }
    }
  },
};

export const billingInspections: readonly Inspection[] = [numbers, orders];

async function* ordersSinceTheFirstInvoice(databases: ServiceDatabases): AsyncGenerator<string[]> {
  const [first] = await (await databases.of("billing")).query<{ id: string | null }>(
    "SELECT min(order_id) AS id FROM document",
  );
  if (!first?.id) return;
  const all = (await databases.of("orders")).keys(
    "SELECT order_id AS key FROM orders WHERE order_id > $1 ORDER BY order_id LIMIT $2",
  );
  for await (const page of all) yield page.filter((id) => id >= (first.id as string));
}

async function billedOrders(
  databases: ServiceDatabases,
  orderIds: readonly string[],
): Promise<Map<string, BilledOrder>> {
  const [ordersBook, billingBook] = await Promise.all([databases.of("orders"), databases.of("billing")]);
  const rows = await ordersBook.query<
    Omit<BilledOrder, "invoices" | "creditNotes" | "published"> & { orderId: string }
  >(
    `SELECT order_id AS "orderId", total_minor AS "totalMinor", captured_minor AS "capturedMinor",
            refunded_minor AS "refundedMinor", currency,
            (SELECT coalesce(sum((tax ->> 'amountMinor')::bigint), 0)::bigint FROM json_array_elements(taxes) AS tax) AS "taxMinor",
            EXISTS (SELECT FROM order_history h WHERE h.order_id = o.order_id AND step = 'PaymentRefundFailed') AS "refundFailed"
     FROM orders o WHERE order_id = ANY ($1)`,
    [orderIds],
  );
  const documents = await documentsOf(billingBook, orderIds);
  const told = await billingBook.query<{ key: string; last: number }>(
    "SELECT key, last FROM event_sequence WHERE topic = 'billing.events' AND key = ANY ($1)",
    [orderIds],
  );
  const publishedOf = new Map(told.map(({ key, last }) => [key, last]));
  return new Map(
    rows.map(({ orderId, ...order }) => {
      const its = documents.get(orderId) ?? [];
      return [
        orderId,
        {
          ...order,
          invoices: its.filter(({ kind }) => kind === "invoice"),
          creditNotes: its.filter(({ kind }) => kind === "creditNote"),
          published: publishedOf.get(orderId) ?? 0,
        },
      ];
    }),
  );
}

async function documentsOf(database: ReadOnlyDatabase, orderIds: readonly string[]) {
  const rows = await database.query<{
    orderId: string;
    kind: string;
    totalMinor: number;
    taxMinor: number;
    currency: string;
    taxes: number;
  }>(
    `SELECT order_id AS "orderId", kind, total_minor AS "totalMinor", total_minor - net_minor AS "taxMinor", currency,
            json_array_length(content -> 'taxes') AS taxes
     FROM document WHERE order_id = ANY ($1)`,
    [orderIds],
  );
  return Map.groupBy(rows, ({ orderId }) => orderId);
}

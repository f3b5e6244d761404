import type { Payment } from "#services/commerce/payments/domain/payment.ts";
import { positionsOf } from "#services/commerce/payments/domain/split.ts";
import { accountOf, type Part } from "#services/commerce/payments/domain/tender.ts";
import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import { statement } from "./statement.ts";

const balanced = statement(
  {
    name: "stored-value.balanced",
    says: "Each gift card and each store credit has what its entries add up to, and has reserved no more than that.",
  },
  "payments",
  {
    count: "SELECT count(*) AS count FROM stored_value",
    wrong: `SELECT account_id AS id, format('has %s, of which %s are reserved; its entries say %s and %s', v.balance_minor,
                   v.reserved_minor, coalesce(e.balance, 0), coalesce(e.reserved, 0)) AS wrong
            FROM stored_value v LEFT JOIN (
              SELECT account_id, sum(balance_minor) AS balance, sum(reserved_minor) AS reserved
              FROM stored_value_entry GROUP BY account_id
            ) e USING (account_id)
            WHERE (v.balance_minor, v.reserved_minor) <> (coalesce(e.balance, 0), coalesce(e.reserved, 0))
               OR v.reserved_minor < 0 OR v.balance_minor < v.reserved_minor LIMIT $1`,
  },
);

const positions: Invariant = {
  name: "stored-value.positions",
  says: "What gift cards and store credit have reserved and spent for a payment is what the payment says.",
};

interface Row {
  paymentId: string;
  customerId: string;
  currency: string;
  state: Payment["state"];
  amountMinor: number;
  heldMinor: number;
  capturedMinor: number;
  refundedMinor: number;
  parts: Part[];
}

interface Entered {
  paymentId: string;
  accountId: string;
  spent: number;
  reserved: number;
}

const WITH_PARTS = `SELECT payment_id AS key FROM payment WHERE payment_id > $1 AND stored_minor > 0 ORDER BY payment_id LIMIT $2`;
const ENTERED_ONLY = `SELECT DISTINCT payment_id AS key FROM stored_value_entry e
  WHERE payment_id > $1 AND NOT EXISTS (SELECT FROM payment p WHERE p.payment_id = e.payment_id AND stored_minor > 0)
  ORDER BY payment_id LIMIT $2`;

/** Payments and entries change in the same transactions, and are read one after the other: the second look decides. */
const positionsInspection: Inspection = {
  invariants: [positions],
  reads: ["payments"],
  async *look(databases, ids) {
    const payments = await databases.of("payments");
    for (const keys of [WITH_PARTS, ENTERED_ONLY]) {
      for await (const page of payments.keys(keys)) {
        const asked = ids ? page.filter((id) => ids.includes(id)) : page;
        yield { invariant: positions.name, checked: asked.length, suspects: await differences(payments, asked) };
      }
    }
  },
};

async function differences(payments: ReadOnlyDatabase, paymentIds: readonly string[]): Promise<Suspect[]> {
  const rows = await payments.query<Row>(
    `SELECT payment_id AS "paymentId", customer_id AS "customerId", currency, state, amount_minor AS "amountMinor",
            held_minor AS "heldMinor", captured_minor AS "capturedMinor", refunded_minor AS "refundedMinor", parts
     FROM payment WHERE payment_id = ANY ($1) AND parts IS NOT NULL`,
    [paymentIds],
  );
  const entered = await payments.query<Entered>(
    `SELECT payment_id AS "paymentId", account_id AS "accountId", -sum(balance_minor)::bigint AS spent,
            sum(reserved_minor)::bigint AS reserved
     FROM stored_value_entry WHERE payment_id = ANY ($1) GROUP BY payment_id, account_id`,
    [paymentIds],
  );
  const said = new Map(rows.map((row) => [row.paymentId, saidBy(row)]));
  const has = Map.groupBy(entered, ({ paymentId }) => paymentId);
  return paymentIds.flatMap((id) => {
    const ours = said.get(id) ?? "nothing";
    const theirs = textOf((has.get(id) ?? []).map(({ accountId, ...sums }) => [accountId, sums]));
    return ours === theirs ? [] : [{ id, wrong: `the payment says ${ours}; its entries say ${theirs}` }];
  });
}

function saidBy({ customerId, currency, ...row }: Row): string {
  const payment = { ...row, goal: { kind: "none" }, setbacks: 0 } as unknown as Payment;
  return textOf(
    positionsOf(payment).map(({ reservedMinor, spentMinor }, i) => {
      const part = row.parts[i];
      if (!part) throw new Error(`${row.paymentId} has too few parts.`);
      return [accountOf(part, customerId, currency), { reserved: reservedMinor, spent: spentMinor }];
    }),
  );
}

function textOf(sums: [accountId: string, { reserved: number; spent: number }][]): string {
  const texts = sums
    .filter(([, { reserved, spent }]) => reserved !== 0 || spent !== 0)
    .map(([accountId, { reserved, spent }]) => `${accountId}: ${reserved} reserved, ${spent} spent`);
  return texts.sort().join(" and ") || "nothing";
}

export const storedValueInspections: readonly Inspection[] = [balanced, positionsInspection];

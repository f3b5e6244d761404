import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { newId } from "#lib/contract/ids.ts";
import type { Database } from "#lib/sql/database.ts";
import { insertDocuments, takeNumbers } from "#services/commerce/billing/billing.store.ts";
import type { Draft } from "#services/commerce/billing/domain/document.ts";
import { databaseOf } from "#test/support/broker.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { startBilling } from "./billing-fixture.ts";

const TRANSACTIONS = 120;
const COUNTRIES = ["DE", "FR", "GB"];

let broker: ServiceBroker;
let db: Database;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ broker, stop } = await startBilling());
  db = databaseOf(broker, "billing");
});
afterAll(() => stop?.());

const draftFor = (country: string): Draft => ({
  ...{ documentId: newId("invoice"), kind: "invoice", orderId: newId("order"), customerId: "cust_1", refundId: null },
  ...{ country, totalMinor: 100, netMinor: 100, currency: "EUR" },
  content: { seller: {}, buyer: {}, orderedAt: "", lines: [], taxes: [], payments: [] } as unknown as Draft["content"],
});

/** Stores three invoices, unless the transaction is rolled back or its connection is ended after it has taken the numbers. */
async function issue(fate: "commit" | "rollback" | "kill", i: number): Promise<void> {
  const due = [0, 1, 2].map((n) => ({ eventId: newId("event"), draft: draftFor(COUNTRIES[(i + n) % 3] as string) }));
  await db.query("INSERT INTO due (event_id, fact, due_at) SELECT unnest($1::text[]), '{}', 'infinity'", [
    due.map(({ eventId }) => eventId),
  ]);
  await db.transaction(TEST_CAUSE, async (tx) => {
    const [session] = await tx.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const placed = new Map((await takeNumbers(tx, "shop", "invoice", due)).map((place) => [place.eventId, place]));
    if (fate === "rollback") throw new Error("rolled back");
    if (fate === "kill") await db.query("SELECT pg_terminate_backend($1)", [session?.pid]);
    insertDocuments(
      tx,
      due.map(({ eventId, draft }) => {
        const { placement, issuedAt } = placed.get(eventId) as NonNullable<ReturnType<typeof placed.get>>;
        return { ...draft, ...placement, issuedAt };
      }),
    );
  });
}

test("numbers have no gap and no repetition, whatever becomes of the transactions that take them", async () => {
  const fates = Array.from({ length: TRANSACTIONS }, (_, i) =>
    i % 10 === 3 ? ("kill" as const) : i % 3 === 1 ? ("rollback" as const) : ("commit" as const),
  );
  // In bursts, because no more than a few transactions of a service run at once and others wait for a moment only.
  const outcomes: PromiseSettledResult<void>[] = [];
  for (let at = 0; at < TRANSACTIONS; at += 12)
    outcomes.push(...(await Promise.allSettled(fates.slice(at, at + 12).map((fate, i) => issue(fate, at + i)))));
  const committed = outcomes.filter(({ status }) => status === "fulfilled").length;
  expect(committed).toBeGreaterThan(TRANSACTIONS / 3);
  expect(committed).toBeLessThan(TRANSACTIONS);
  const rows = await db.query<{ country: string; count: number; first: number; last: number; taken: number }>(
    `SELECT country, count(DISTINCT position)::int AS count, min(position) AS first, max(position) AS last,
            (SELECT s.last FROM series s WHERE s.country = d.country AND s.kind = 'invoice') AS taken
     FROM document d GROUP BY country ORDER BY country`,
  );
  expect(rows.map(({ country }) => country)).toEqual(COUNTRIES);
  for (const { count, first, last, taken } of rows) expect([first, last, taken]).toEqual([1, count, count]);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(3 * committed);
  const backwards = await db.query(
    `SELECT FROM document d JOIN document n ON n.country = d.country AND n.position = d.position + 1
     WHERE n.issued_at < d.issued_at`,
  );
  expect(backwards).toEqual([]);
  expect(await db.query("SELECT FROM due")).toHaveLength(3 * (TRANSACTIONS - committed)); // a rollback leaves it due
});

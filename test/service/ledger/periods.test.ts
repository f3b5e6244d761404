import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { nextPeriod, periodOf } from "#services/commerce/ledger/domain/period.ts";
import { postEntries } from "#services/commerce/ledger/entries.store.ts";
import { eventually } from "#test/support/eventually.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { id, type LedgerFixture, ledgerFixture, newOrder } from "./ledger-fixture.ts";

let books: LedgerFixture;

beforeAll(async () => {
  books = await ledgerFixture();
});
afterAll(() => books.stop());

const current = periodOf(new Date());
const monthsAgo = (months: number) => {
  const now = new Date();
  return periodOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)));
};
const close = (period: string) => books.call("ledger.closePeriod", { period });

/** An entry of the middle of a month, as its event would be posted now. */
const postIn = async (period: string, orderId = id("ord")) => {
  const lines = [
    { account: "bank", debitMinor: 5, creditMinor: 0 },
    { account: "clearing:test", debitMinor: 0, creditMinor: 5 },
  ];
  const event = {
    eventId: id("evt"),
    eventType: "Test",
    topic: "test.events",
    occurredAt: `${period}-15T12:00:00.000Z`,
  };
  await books.db.transaction(TEST_CAUSE, async (tx) =>
    postEntries(tx, [{ ...event, posting: { currency: "USD", lines, orderId } }]),
  );
  const { entries } = await books.call("ledger.listEntries", { orderId });
  return entries[0];
};

test("months are closed in their order, when they are over, and for ever", async () => {
  await postIn(monthsAgo(3));
  await expect(close(current)).rejects.toMatchObject({ type: "PERIOD_NOT_OVER" });
  await expect(close(nextPeriod(current))).rejects.toMatchObject({ type: "PERIOD_NOT_OVER" });
  await expect(close(monthsAgo(2))).rejects.toMatchObject({
    type: "EARLIER_PERIOD_OPEN",
    data: { earlier: monthsAgo(3) },
  });
  const closed = await close(monthsAgo(3));
  expect(closed).toMatchObject({ period: monthsAgo(3), status: "closed" });
  expect(await close(monthsAgo(3))).toEqual(closed);
  await close(monthsAgo(2));
  const { periods } = await books.call("ledger.listPeriods", {});
  expect(periods.map(({ period, status }) => [period, status])).toEqual([
    [current, "open"],
    [monthsAgo(1), "open"],
    [monthsAgo(2), "closed"],
    [monthsAgo(3), "closed"],
  ]);
  await expect(
    books.call(
      "ledger.closePeriod",
      { period: monthsAgo(1) },
      { kind: "staff", staffId: "s", scopes: ["ledger:read"] },
    ),
  ).rejects.toMatchObject({ type: "FORBIDDEN" });
});

test("what happened in a closed month is posted at the beginning of the earliest open one, and says so", async () => {
  expect(await postIn(monthsAgo(2))).toMatchObject({
    occurredAt: `${monthsAgo(2)}-15T12:00:00.000Z`,
    bookedAt: `${monthsAgo(1)}-01T00:00:00.000Z`,
    period: monthsAgo(1),
    movedFrom: monthsAgo(2),
  });
  expect(await postIn(monthsAgo(1))).toMatchObject({
    period: monthsAgo(1),
    bookedAt: `${monthsAgo(1)}-15T12:00:00.000Z`,
  });
  expect((await postIn(monthsAgo(1)))?.movedFrom).toBeUndefined();
});

test("the database itself takes no entry into a closed month", async () => {
  const at = `${monthsAgo(2)}-15T12:00:00.000Z`;
  await expect(
    books.db.query(
      `WITH made AS (
         INSERT INTO entry (event_id, event_type, topic, currency, total_minor, occurred_at, booked_at)
         VALUES ('evt_past', 'Test', 'test.events', 'USD', 5, $1, $1) RETURNING entry_id
       )
       INSERT INTO line SELECT entry_id, no, 'bank', 'USD', $1::timestamptz, debit, credit
       FROM made, (VALUES (1, 5, 0), (2, 0, 5)) AS l (no, debit, credit)`,
      [at],
    ),
  ).rejects.toMatchObject({ constraint: "entry_period_open" });
});

test("closing waits for what is being posted, and what comes after it is posted into the next month", async () => {
  const eventId = id("evt");
  let closing: Promise<unknown> | undefined;
  await books.db.transaction(TEST_CAUSE, async (tx) => {
    const posting = {
      ...{ currency: "USD", orderId: eventId },
      lines: [
        { account: "bank", debitMinor: 5, creditMinor: 0 },
        { account: "sales", debitMinor: 0, creditMinor: 5 },
      ],
    };
    const occurredAt = `${monthsAgo(1)}-15T12:00:00.000Z`;
    postEntries(tx, [{ eventId, eventType: "Test", topic: "t", occurredAt, posting }]);
    await tx.query("SELECT 1");
    closing = close(monthsAgo(1));
    closing.catch(() => undefined);
    await eventually(async () => {
      const waiting = await books.db.query("SELECT FROM pg_locks WHERE relation = 'entry'::regclass AND NOT granted");
      expect(waiting).toHaveLength(1);
    });
  });
  await closing;
  const { entries } = await books.call("ledger.listEntries", { orderId: eventId });
  expect(entries[0]).toMatchObject({ period: monthsAgo(1) });
  const late = newOrder();
  await books.captured(late, 1);
  expect((await books.entriesOf(late, 1))[0]).toMatchObject({ period: current });
  expect(await postIn(monthsAgo(1))).toMatchObject({ period: current, movedFrom: monthsAgo(1) });
});

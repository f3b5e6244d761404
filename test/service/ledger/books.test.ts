import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { postEntries } from "#services/commerce/ledger/entries.store.ts";
import { asSuperuser } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { id, type LedgerFixture, ledgerFixture, newOrder } from "./ledger-fixture.ts";

const ANYBODY = { kind: "service", service: "test" };
let books: LedgerFixture;

beforeAll(async () => {
  books = await ledgerFixture();
});
afterAll(() => books.stop());

const line = (account: string, debitMinor: number, creditMinor = 0) => ({ account, debitMinor, creditMinor });
const entry = (lines: ReturnType<typeof line>[], changes: { occurredAt?: string; eventId?: string } = {}) => ({
  ...{ eventId: id("evt"), eventType: "Test", topic: "test.events", occurredAt: new Date().toISOString(), ...changes },
  posting: { currency: "USD", lines },
});
const post = (...entries: ReturnType<typeof entry>[]) =>
  books.db.transaction(TEST_CAUSE, async (tx) => postEntries(tx, entries));
const balanced = () => [line("bank", 5), line("clearing:test", 0, 5)];

describe("the database", () => {
  const INSERT_ENTRY = `INSERT INTO entry (event_id, event_type, topic, currency, total_minor, occurred_at, booked_at)
    VALUES ($1, 'Test', 'test.events', 'USD', 5, now(), now())`;

  test("refuses an entry whose lines do not balance, in whatever way", async () => {
    for (const lines of [
      [line("bank", 5), line("clearing:test", 0, 4)],
      [line("bank", 5)],
      [line("bank", 5), line("clearing:test", 5)],
      [line("bank", 0), line("clearing:test", 0, 0)],
      [line("bank", -5), line("clearing:test", 0, -5)],
      [line("bank", 5, 5), line("clearing:test", 5, 5)],
    ]) {
      await expect(post(entry(lines))).rejects.toMatchObject({ code: "23514" });
    }
    await expect(books.db.query(INSERT_ENTRY, [id("evt")])).rejects.toThrow("has no lines");
  });

  test("refuses the whole batch with it", async () => {
    const [good, bad] = [entry(balanced()), entry([line("bank", 1), line("sales", 0, 2)])];
    await expect(post(good, bad)).rejects.toThrow("do not balance");
    expect(await books.count("event_id = ANY ($1)", [[good.eventId, bad.eventId]])).toBe(0);
  });

  test("refuses lines of an entry that is there already, also when they balance, and lines without an entry", async () => {
    const posted = entry(balanced());
    await post(posted);
    const [row] = await books.db.query<{ id: number }>("SELECT entry_id AS id FROM entry WHERE event_id = $1", [
      posted.eventId,
    ]);
    const more = `INSERT INTO line SELECT $1, line_no, 'bank', 'USD', now(), debit, credit
      FROM (VALUES (8, 5, 0), (9, 0, 5)) AS l (line_no, debit, credit)`;
    for (const entryId of [row?.id, 987_654]) {
      await expect(books.db.query(more, [entryId])).rejects.toThrow("do not balance");
    }
  });

  test.each([
    "UPDATE entry SET total_minor = 1",
    "UPDATE line SET account = 'bank'",
    "DELETE FROM line",
    "DELETE FROM entry",
  ])("refuses %s, even of a superuser", async (statement) => {
    await post(entry(balanced()));
    for (const where of ["", " WHERE false"]) {
      await expect(books.db.query(statement + where)).rejects.toMatchObject({ code: "23001" });
    }
    await expect(asSuperuser(books.db, `SET search_path = ledger; ${statement}`)).rejects.toThrow("only grows");
  });

  test.each(["entry", "line", "entry, line", "period"])("refuses TRUNCATE %s", (tables) =>
    expect(books.db.query(`TRUNCATE ${tables}`)).rejects.toThrow("only grows"),
  );

  test("keeps the first entry of an event that is posted again, and posts the others of the batch", async () => {
    const [first, other] = [entry(balanced()), entry(balanced())];
    await post(first);
    const again = entry([line("bank", 7), line("sales", 0, 7)], { eventId: first.eventId });
    await post(again, other);
    await post(again, other);
    const rows = await books.db.query(
      `SELECT event_id AS "eventId", total_minor AS total, (SELECT count(*) FROM line l WHERE l.entry_id = e.entry_id) AS lines
       FROM entry e WHERE event_id = ANY ($1) ORDER BY entry_id`,
      [[first.eventId, other.eventId]],
    );
    expect(rows).toEqual([
      { eventId: first.eventId, total: 5, lines: 2 },
      { eventId: other.eventId, total: 5, lines: 2 },
    ]);
  });
});

describe("events", () => {
  test("are posted with what they are about, and lead back from the figure to the event", async () => {
    const order = newOrder();
    await books.captured(order, 29);
    await books.refunded(order, 9);
    const [refund, capture] = await books.entriesOf(order, 2);
    expect(capture).toMatchObject({
      ...order,
      eventType: "PaymentCompleted",
      topic: "payments.events",
      currency: "USD",
    });
    expect(refund?.lines).toEqual([
      { account: `customer:${order.customerId}`, debit: 9, credit: 0 },
      { account: "clearing:test", debit: 0, credit: 9 },
    ]);
    for (const filter of [
      { paymentId: order.paymentId },
      { customerId: order.customerId },
      { account: `customer:${order.customerId}` },
    ]) {
      const { entries } = await books.call("ledger.listEntries", filter);
      expect(entries).toEqual([refund, capture]);
    }
    expect((await books.call("ledger.listEntries", { orderId: order.orderId, account: "bank" })).entries).toEqual([]);
    await expect(books.call("ledger.listEntries", {})).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  });

  test("that come late or again change nothing: a refund before its capture, and everything delivered twice", async () => {
    const order = newOrder();
    await books.refunded(order, 9);
    await books.captured(order, 29);
    const before = await books.entriesOf(order, 2);
    const applied = () => books.db.query<{ id: string }>("SELECT event_id AS id FROM inbox ORDER BY 1");
    const events = await applied();
    await books.broker.call("ledger.admin.rewind", { to: "start" }, { meta: { auth: ANYBODY } });
    await eventually(async () => expect(await applied()).toEqual(events));
    expect(await books.entriesOf(order, 2)).toEqual(before);
  });

  test("whose amounts contradict each other become dead letters, and the others are posted", async () => {
    const [wrong, right] = [newOrder(), newOrder()];
    const invoice = { sellerId: "shop", number: "1", total: 11, net: 10, shipping: 0, currency: "USD" };
    await books.emitOne("billing.InvoiceIssued", { ...wrong, ...invoice, invoiceId: id("inv"), tax: [] });
    await books.captured(right, 5);
    await books.entriesOf(right, 1);
    await eventually(async () => {
      const letters = await books.db.query("SELECT error FROM dead_letter");
      expect(letters).toEqual([{ error: expect.stringContaining("exceed credits by 100") }]);
    });
    await books.entriesOf(wrong, 0);
  });
});

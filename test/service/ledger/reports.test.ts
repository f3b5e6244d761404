import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { settledEntry } from "#services/commerce/ledger/balances.store.ts";
import { type LedgerFixture, ledgerFixture, newOrder } from "./ledger-fixture.ts";

let books: LedgerFixture;

beforeAll(async () => {
  books = await ledgerFixture();
});
afterAll(() => books.stop());

const DAY_MS = 86_400_000;

test("the trial balance is the same before and after lines are added up, and while more are posted", async () => {
  const orders = Array.from({ length: 30 }, newOrder);
  for (const order of orders) await books.captured(order, 10);
  for (const order of orders) await books.entriesOf(order, 1);
  const before = await books.trial();
  expect(before).toEqual({ debit: 300, credit: 300, accounts: { "clearing:test": 300, "customer:*": -300 } });
  await Promise.all([books.sum(), books.sum(), books.sum()]);
  expect(await books.db.query("SELECT summed_to = (SELECT max(entry_id) FROM entry) AS all FROM summing")).toEqual([
    { all: true },
  ]);
  expect(await books.trial()).toEqual(before);
  const [first] = orders;
  if (!first) throw new Error("There is no order.");
  await books.refunded(first, 10);
  await books.entriesOf(first, 2);
  const after = { debit: 290, credit: 290, accounts: { "clearing:test": 290, "customer:*": -290 } };
  expect(await books.trial()).toEqual(after);
  await books.sum();
  expect(await books.trial()).toEqual(after);
  expect(await books.trial("EUR")).toEqual({ debit: 0, credit: 0, accounts: {} });
});

test("the trial balance of a moment has what was booked until then, to the millisecond", async () => {
  const order = newOrder();
  for (const amount of [1, 2, 4]) await books.captured(order, amount, "JPY");
  const entries = (await books.entriesOf(order, 3)).toReversed();
  for (const summed of [false, true]) {
    if (summed) await books.sum();
    let sum = 0;
    for (const { bookedAt, lines } of entries) {
      const justBefore = new Date(new Date(bookedAt).getTime() - 1).toISOString();
      const earlier = entries.filter((entry) => entry.bookedAt <= justBefore).length;
      expect((await books.trial("JPY", justBefore)).debit).toBe(sumOf(entries.slice(0, earlier)));
      sum += lines[0]?.debit ?? 0;
      const until = entries.filter((entry) => entry.bookedAt <= bookedAt);
      expect((await books.trial("JPY", bookedAt)).debit).toBe(sumOf(until));
    }
    expect(sum).toBe(7);
    expect((await books.trial("JPY", new Date(Date.now() - DAY_MS).toISOString())).debit).toBe(0);
    expect((await books.trial("JPY", new Date(Date.now() + DAY_MS).toISOString())).debit).toBe(7);
  }
});

const sumOf = (entries: readonly { lines: readonly { debit: number }[] }[]) =>
  entries.flatMap(({ lines }) => lines).reduce((sum, { debit }) => sum + debit, 0);

test("nothing is added up that an open transaction may still precede", async () => {
  const client = await books.db.transaction({ correlationId: "c", causationId: "c", traceparent: null }, async (tx) => {
    await tx.query("LOCK TABLE entry IN ROW EXCLUSIVE MODE"); // as a statement that posts does before it takes an id
    return settledEntry(books.db);
  });
  expect(client).toBeUndefined();
  expect(await settledEntry(books.db)).toBeGreaterThan(0);
});

test("a statement has its lines between an opening and a closing balance that fit, however it is read", async () => {
  const order = newOrder();
  const account = `customer:${order.customerId}`;
  for (const amount of [1, 2, 4, 8, 16]) {
    await books.captured(order, amount);
    await sleep(2); // a statement begins at a millisecond, with all entries in it
  }
  const [, , third] = (await books.entriesOf(order, 5)).toReversed();
  for (const name of [account, "clearing:test"]) {
    const side = name === account ? "credit" : "debit";
    const ask = { account: name, currency: "USD", from: third?.bookedAt ?? "" };
    const { lines, opening, closing } = await books.call("ledger.statement", { ...ask, limit: 100 });
    const ofOrder = lines.filter(({ orderId }) => orderId === order.orderId);
    expect(ofOrder.map((line) => line[side])).toEqual([4, 8, 16]);
    expect(closing[side] - opening[side]).toBe(lines.reduce((sum, line) => sum + line[side], 0));
    const parts: typeof lines = [];
    for (let cursor: string | undefined; ; ) {
      const part = await books.call("ledger.statement", { ...ask, limit: 2, ...(cursor ? { cursor } : {}) });
      parts.push(...part.lines);
      cursor = part.pagination.next;
      if (cursor === undefined) break;
    }
    expect(parts.map(({ entryId }) => entryId)).toEqual(lines.map(({ entryId }) => entryId));
  }
  const all = await books.call("ledger.statement", { account, currency: "USD" });
  expect([all.opening, all.closing, all.lines.length]).toEqual([{ debit: 0, credit: 0 }, { debit: 0, credit: 31 }, 5]);
  const before = await books.call("ledger.statement", { account, currency: "USD", to: "2020-01-01" });
  expect([before.closing, before.lines]).toEqual([{ debit: 0, credit: 0 }, []]);
});

test("accounts are listed by name with their balances, in parts, and by kind", async () => {
  await books.emitOne("payments.GiftCardIssued", { giftCardId: "gift_1", amount: 25, currency: "USD" });
  await books.emitOne("payments.GiftCardIssued", { giftCardId: "gift_2", amount: 3, currency: "EUR" });
  await books.untilPosted(2, "event_type = 'GiftCardIssued'");
  const cards = await books.call("ledger.listAccounts", { kind: "giftCards" });
  expect(cards.accounts).toEqual([
    {
      account: "giftCards",
      type: "liability",
      balances: [
        { currency: "EUR", debit: 0, credit: 3 },
        { currency: "USD", debit: 0, credit: 25 },
      ],
    },
  ]);
  const { accounts } = await books.call("ledger.listAccounts", { limit: 100 });
  const names = accounts.map(({ account }) => account);
  expect(names).toEqual([...names].sort());
  const parts: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const part = await books.call("ledger.listAccounts", { limit: 7, ...(cursor ? { cursor } : {}) });
    parts.push(...part.accounts.map(({ account }) => account));
    cursor = part.pagination.next;
    if (cursor === undefined) break;
  }
  expect(parts).toEqual(names);
  const customers = await books.call("ledger.listAccounts", { kind: "customer", limit: 100 });
  expect(customers.accounts.map(({ account }) => account)).toEqual(
    names.filter((name) => name.startsWith("customer:")),
  );
});

test("the reconciliation compares the books with what the provider says, to the minor unit", async () => {
  const [row] = await books.db.query<{ minor: number }>(
    "SELECT sum(debit_minor - credit_minor)::bigint AS minor FROM line WHERE account = 'clearing:test' AND currency = 'USD'",
  );
  const minor = row?.minor ?? 0;
  books.held.providers = [
    { provider: "test", balances: [{ currency: "USD", amountMinor: minor - 1 }] },
    { provider: "momo" },
  ];
  const { providers } = await books.call("ledger.reconciliation", {});
  const base = { provider: "test", account: "clearing:test" };
  expect(providers).toEqual([
    { ...base, currency: "JPY", ledger: 7, held: 0, difference: -7 },
    { ...base, currency: "USD", ledger: minor / 100, held: (minor - 1) / 100, difference: -0.01 },
  ]);
  books.held.providers = [{ provider: "test" }];
  const silent = await books.call("ledger.reconciliation", {});
  expect(silent.providers[1]).toEqual({ ...base, currency: "USD", ledger: minor / 100 });
});

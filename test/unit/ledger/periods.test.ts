import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { momentOf } from "#lib/contract/moment.ts";
import { decideClosing, nextPeriod, periodOf, periodsToShow } from "#services/commerce/ledger/domain/period.ts";
import { compareHoldings } from "#services/commerce/ledger/domain/reconcile.ts";

test("a period is a month in UTC, and another one follows it", () => {
  expect(periodOf(new Date("2026-12-31T23:59:59.999Z"))).toBe("2026-12");
  expect([nextPeriod("2026-11"), nextPeriod("2026-12")]).toEqual(["2026-12", "2027-01"]);
});

test.each([
  ["the current month", "2026-11", null, "2026-09", { kind: "refuse", code: "PERIOD_NOT_OVER" }],
  ["a month that is to come", "2027-01", "2026-10", "2026-09", { kind: "refuse", code: "PERIOD_NOT_OVER" }],
  ["the first month with entries", "2026-09", null, "2026-09", { kind: "close" }],
  ["a month before an entry", "2026-08", null, "2026-09", { kind: "close" }],
  ["a month of books without entries", "2026-10", null, null, { kind: "close" }],
  [
    "a month after the first",
    "2026-10",
    null,
    "2026-09",
    { kind: "refuse", code: "EARLIER_PERIOD_OPEN", earlier: "2026-09" },
  ],
  ["the month after the last closed one", "2026-10", "2026-09", "2026-08", { kind: "close" }],
  [
    "a month that leaves one out",
    "2026-10",
    "2026-08",
    "2026-08",
    { kind: "refuse", code: "EARLIER_PERIOD_OPEN", earlier: "2026-09" },
  ],
  ["a closed month", "2026-08", "2026-08", "2026-08", { kind: "keep" }],
  ["a month before a closed one", "2026-07", "2026-08", "2026-08", { kind: "keep" }],
])("closing %s", (_, period, lastClosed, first, decision) => {
  expect(decideClosing(period, { current: "2026-11", lastClosed, first })).toEqual(decision);
});

const months = fc.integer({ min: 0, max: 40 }).map((n) => periodOf(new Date(Date.UTC(2024, n, 1))));

test("however periods are closed, the closed ones are all months up to the last of them", () => {
  fc.assert(
    fc.property(fc.array(months, { maxLength: 60 }), months, (asked, first) => {
      let lastClosed: string | null = null;
      for (const period of asked) {
        const decision = decideClosing(period, { current: "2026-11", lastClosed, first });
        if (decision.kind !== "close") continue;
        expect(period < "2026-11").toBe(true);
        if (lastClosed !== null) expect(period).toBe(nextPeriod(lastClosed));
        lastClosed = period;
      }
    }),
  );
});

test("the periods to show begin with the first entry or the first closed one, the latest first and not too many", () => {
  const known = { current: "2026-11", lastClosed: "2026-08", first: "2026-09" };
  expect(periodsToShow(known, ["2026-08"], 10)).toEqual(["2026-11", "2026-10", "2026-09", "2026-08"]);
  expect(periodsToShow(known, ["2026-08"], 2)).toEqual(["2026-11", "2026-10"]);
  expect(periodsToShow({ ...known, first: null }, [], 10)).toEqual(["2026-11"]);
});

test("a day begins at midnight, and there is no 31st of February", () => {
  expect(momentOf("2026-02-28", "/at").toISOString()).toBe("2026-02-28T00:00:00.000Z");
  expect(momentOf("2026-02-28T10:00:00Z", "/at").toISOString()).toBe("2026-02-28T10:00:00.000Z");
  for (const text of ["2026-02-31", "2026-02-28T25:00:00Z"]) expect(() => momentOf(text, "/at")).toThrow("/at must be");
});

test("holdings are compared in every currency that the books or the provider know", () => {
  const booked = [
    { provider: "stripe", currency: "USD", minor: 100 },
    { provider: "stripe", currency: "EUR", minor: 5 },
    { provider: "vnpay", currency: "VND", minor: 7 },
  ];
  const held = [
    {
      provider: "stripe",
      balances: [
        { currency: "USD", minor: 90 },
        { currency: "JPY", minor: 1 },
      ],
    },
    { provider: "vnpay", balances: undefined },
  ];
  expect(compareHoldings(booked, held)).toEqual([
    { provider: "stripe", currency: "EUR", ledgerMinor: 5, heldMinor: 0 },
    { provider: "stripe", currency: "JPY", ledgerMinor: 0, heldMinor: 1 },
    { provider: "stripe", currency: "USD", ledgerMinor: 100, heldMinor: 90 },
    { provider: "vnpay", currency: "VND", ledgerMinor: 7, heldMinor: undefined },
  ]);
});

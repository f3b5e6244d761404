import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Finding } from "#tools/verify/invariant.ts";
import { HealthyRows, type Service } from "./verify-fixture.ts";

let rows: HealthyRows;

beforeAll(async () => {
  rows = await HealthyRows.make({ withLedger: true });
});
beforeEach(() => rows.heal());
afterAll(() => rows?.close());

const violated = (findings: readonly Finding[]) =>
  findings.filter(({ outcome }) => outcome === "violated").map(({ invariant }) => invariant);

/** An event of payments that was sent. */
const sent = (type: string, data: string) => `
  INSERT INTO event_sequence VALUES ('payments.events', 'key', 1);
  INSERT INTO outbox (event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id, causation_id, producer)
  VALUES ('evt_sent', '${type}', now(), '1.0', '${data}', 'payments.events', 'key', 1, 'c', 'c', 'test');
  UPDATE outbox_position SET sent_to = (SELECT max(id) FROM outbox)`;

/** One more entry with two lines, in the sums as well. */
const entry = (type: string, name: string, minor: number, debit: string, credit: string) => `
  INSERT INTO entry (entry_id, event_id, event_type, topic, order_id, payment_id, currency, total_minor, occurred_at, booked_at)
  OVERRIDING SYSTEM VALUE VALUES (9, 'evt_9', '${type}', 't', 'ord_${name}', 'pay_${name}', 'USD', ${minor}, now(), now());
  INSERT INTO line VALUES (9, 1, '${debit}', 'USD', now(), ${minor}, 0), (9, 2, '${credit}', 'USD', now(), 0, ${minor})`;

test("books that agree with everything hold", async () => {
  const findings = await rows.verify();
  expect(violated(findings)).toEqual([]);
  const held = findings.filter(({ invariant, outcome }) => invariant.startsWith("ledger.") && outcome === "holds");
  expect(held.map(({ invariant }) => invariant)).toEqual([
    ...["ledger.balanced", "ledger.summed", "ledger.payments", "ledger.clearing", "ledger.posted"],
    "ledger.customers",
  ]);
});

test.each<[wrong: string, Service, sql: string | Partial<Record<Service, string>>, invariants: string[]]>([
  ["a line is missing", "ledger", "DELETE FROM line WHERE entry_id = 4 AND line_no = 2", ["ledger.balanced"]],
  [
    "an entry has lost its lines",
    "ledger",
    "DELETE FROM line WHERE entry_id = 4",
    ["ledger.balanced", "ledger.customers"],
  ],
  [
    "lines have no entry",
    "ledger",
    "INSERT INTO line VALUES (9, 1, 'bank', 'USD', now(), 5, 0), (9, 2, 'sales', 'USD', now(), 0, 5)",
    ["ledger.balanced"],
  ],
  [
    "sums were added twice",
    "ledger",
    "UPDATE balance SET debit_minor = debit_minor * 2 WHERE account = 'clearing:test'",
    ["ledger.summed"],
  ],
  [
    "a capture is not posted",
    "ledger",
    "DELETE FROM entry WHERE entry_id = 2; DELETE FROM line WHERE entry_id = 2; UPDATE balance SET debit_minor = 2000 WHERE account = 'clearing:test'; UPDATE balance SET credit_minor = 2000 WHERE account = 'customer:*'",
    ["ledger.payments", "ledger.clearing"],
  ],
  [
    "a capture is posted twice",
    "ledger",
    entry("PaymentCompleted", "paid", 2000, "clearing:test", "customer:cust_1"),
    ["ledger.payments", "ledger.clearing", "ledger.customers"],
  ],
  [
    "a refund is posted on the wrong side",
    "ledger",
    `UPDATE line SET debit_minor = credit_minor, credit_minor = debit_minor WHERE entry_id = 3;
     UPDATE balance SET debit_minor = 2600, credit_minor = 0 WHERE account = 'clearing:test';
     UPDATE balance SET debit_minor = 0, credit_minor = 2600 WHERE account = 'customer:*'`,
    ["ledger.payments", "ledger.clearing"],
  ],
  [
    "a dispute is not posted",
    "payments",
    {
      payments: `INSERT INTO dispute (dispute_id, payment_id, provider, reference, amount_minor, reason, status)
        VALUES ('dp_1', 'pay_paid', 'test', 'test_dp_1', 5, 'r', 'lost')`,
      provider:
        "INSERT INTO dispute (dispute_id, charge_id, amount_minor, status) VALUES ('test_dp_1', 'test_charge_paid', 5, 'lost')",
    },
    ["ledger.payments", "ledger.clearing"],
  ],
  ["a gift card is not posted", "payments", sent("GiftCardIssued", '{"amount": 5}'), ["ledger.posted"]],
  [
    "an order's customer owes what was paid",
    "ledger",
    "UPDATE line SET account = 'customer:cust_1' WHERE entry_id = 4 AND line_no = 2",
    ["ledger.customers"],
  ],
])("found: %s", async (_, service, sql, invariants) => {
  await rows.run(service, sql);
  expect(violated(await rows.verify()).toSorted()).toEqual(invariants.toSorted());
});

test.each<[string, Service, string | Partial<Record<Service, string>>]>([
  ["an event without an amount needs no entry", "payments", sent("ProviderFeeCharged", '{"amount": 0}')],
  [
    "what happened before there were books",
    "payments",
    `UPDATE payment SET captured_minor = 1, created_at = now() - interval '1 day' WHERE payment_id = 'pay_void'; ${sent("GiftCardIssued", '{"amount": 5}')}; UPDATE outbox SET occurred_at = now() - interval '1 day'`,
  ],
])("no violation: %s", async (_, service, sql) => {
  await rows.run(service, sql);
  const ledger = violated(await rows.verify()).filter((invariant) => invariant.startsWith("ledger."));
  expect(ledger).toEqual([]);
});

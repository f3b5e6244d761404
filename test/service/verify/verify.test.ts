import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Finding } from "#tools/verify/invariant.ts";
import { Journal, type StoredEntry } from "#tools/verify/journal.ts";
import { exitCodeOf } from "#tools/verify/report.ts";
import { HealthyRows, type Service } from "./verify-fixture.ts";

let rows: HealthyRows;
beforeAll(async () => {
  rows = await HealthyRows.make();
});
beforeEach(() => rows.heal());
afterAll(() => rows.close());

const violated = (findings: readonly Finding[]) =>
  findings.filter(({ outcome }) => outcome === "violated").map(({ invariant }) => invariant);

/** These rows have no service for them. */
const ABSENT = [
  ...["balanced", "summed", "payments", "clearing", "posted", "taxes", "customers"].map((name) => `ledger.${name}`),
  ...["numbers", "invoiced", "credited", "published"].map((name) => `billing.${name}`),
  ...["offers", "sales", "payouts", "orders", "pieces", "balances"].map((name) => `sellers.${name}`),
  ...["shown", "once", "whole", "facts", "drafts", "told", "told-in-time", "values", "filters"].map(
    (name) => `catalog.${name}`,
  ),
  ...["imports", "importParts", "importWork"].map((name) => `catalog.${name}`),
  ...["kept", "strays"].map((name) => `media.${name}`),
  ...["ratings", "votes"].map((name) => `reviews.${name}`),
];

test("a healthy shop breaks no invariant, and every invariant has looked at something", async () => {
  const findings = await rows.verify();
  expect(findings.filter(({ outcome }) => outcome !== "holds")).toEqual([
    ...ABSENT.map((invariant) =>
      expect.objectContaining({ invariant, outcome: "notice", why: "not part of this shop" }),
    ),
  ]);
  const unseen = findings.filter(({ checked }) => checked === 0).map(({ invariant }) => invariant);
  expect(unseen).toEqual([...ABSENT, "events.dead"]);
  expect(exitCodeOf(findings)).toBe(0);
});

/** What was done to the rows, and which invariants that breaks. */
type Ill = [wrong: string, service: Service, sql: string | Partial<Record<Service, string>>, invariants: string[]];

const plantedInventory: Ill[] = [
  [
    "more is promised than is there",
    "inventory",
    "UPDATE stock SET on_hand = 0 WHERE sku = 'b'",
    ["stock.bounds", "stock.movements"],
  ],
  ["a hold was released twice", "inventory", "UPDATE stock SET reserved = 0 WHERE sku = 'b'", ["stock.reserved"]],
  ["stock came from nowhere", "inventory", "UPDATE stock SET on_hand = 9 WHERE sku = 'a'", ["stock.movements"]],
  [
    "a cancelled order's pieces left all the same",
    "inventory",
    "INSERT INTO movement (reference, kind, sku, warehouse_id, delta) VALUES ('ord_void', 'commit', 'a', 'wh', -1); UPDATE stock SET on_hand = 7 WHERE sku = 'a'",
    ["stock.commits", "events.published"],
  ],
  [
    "a reservation outlives its cancelled order",
    "inventory",
    `UPDATE reservation SET state = 'reserved' WHERE order_id = 'ord_void';
     UPDATE event_sequence SET last = 1 WHERE key = 'ord_void'; DELETE FROM outbox WHERE event_id = 'evt_ord_void_2';
     UPDATE stock SET reserved = 1 WHERE sku = 'a'`,
    ["stock.reservation-ends"],
  ],
  [
    "a reservation is held for an order nobody knows",
    "inventory",
    `INSERT INTO reservation (order_id, state) VALUES ('ord_ghost', 'reserved');
     INSERT INTO reservation_line VALUES ('ord_ghost', 'a', 'wh', 1); UPDATE stock SET reserved = 1 WHERE sku = 'a';
     INSERT INTO event_sequence VALUES ('inventory.events', 'ord_ghost', 1);
     INSERT INTO outbox SELECT 0, 'evt_g', event_type, occurred_at, version, data, topic, 'ord_ghost', 1, 'c', 'c', null, 'p' FROM outbox LIMIT 1`,
    ["stock.reservation-ends"],
  ],
  [
    "a paid order's pieces were given back",
    "inventory",
    `UPDATE reservation SET state = 'released' WHERE order_id = 'ord_paid'; DELETE FROM movement WHERE reference = 'ord_paid';
     UPDATE stock SET on_hand = 10 WHERE sku = 'a'`,
    ["stock.reservation-ends"],
  ],
  [
    "an order was promised more than is reserved",
    "inventory",
    "DELETE FROM reservation_line WHERE order_id = 'ord_new'; UPDATE stock SET reserved = 0 WHERE sku = 'b'",
    ["stock.order-covered"],
  ],
  [
    "inventory kept a decision to itself",
    "inventory",
    "UPDATE event_sequence SET last = 1 WHERE key = 'ord_paid'; DELETE FROM outbox WHERE event_id = 'evt_ord_paid_2'",
    ["events.published"],
  ],
];

const plantedOrders: Ill[] = [
  [
    "nobody acts on a deadline",
    "orders",
    "UPDATE orders SET deadline_at = now() - interval '1 minute' WHERE order_id = 'ord_new'",
    ["orders.deadline"],
  ],
  [
    "a step of the history is missing",
    "orders",
    "DELETE FROM order_history WHERE order_id = 'ord_paid' AND version = 2",
    ["orders.history", "events.published"],
  ],
  [
    "a status was changed past the history",
    "orders",
    "UPDATE orders SET status = 'confirmed' WHERE order_id = 'ord_paid'",
    ["orders.history", "promotions.orders"],
  ],
  [
    "an event was applied twice",
    "orders",
    `INSERT INTO order_history VALUES ('ord_paid', 4, 'step', 'paid', 'paid', 'evt_1', 'c', 's', 'n', now(), '{}');
     UPDATE orders SET version = 4 WHERE order_id = 'ord_paid'`,
    ["orders.applied-once"],
  ],
  [
    "an added tax is not charged",
    "orders",
    `UPDATE orders SET taxes = '[{"name": "GST", "rate": 5, "amountMinor": 5, "included": false}]' WHERE order_id = 'ord_void'`,
    ["orders.total"],
  ],
  [
    "the lines have other taxes than their order",
    "orders",
    `UPDATE orders SET line_taxes = '[]', taxes = '[{"name": "VAT", "rate": 20, "amountMinor": 5, "included": true}]'
     WHERE order_id = 'ord_void'`,
    ["orders.taxes"],
  ],
  ["a line is missing", "orders", "DELETE FROM order_line WHERE order_id = 'ord_back'", ["orders.total"]],
  [
    "an order was stored without its event",
    "orders",
    "DELETE FROM event_sequence WHERE key = 'ord_new'; DELETE FROM outbox WHERE key = 'ord_new'",
    ["events.published"],
  ],
  [
    "a cart was bought twice",
    "orders",
    `UPDATE orders SET source = 'cart:cart_1' WHERE order_id = 'ord_paid';
     UPDATE orders SET source = 'cart:cart_1:2' WHERE order_id = 'ord_new'`,
    ["orders.cart-once"],
  ],
  [
    "an abandoned checkout became an order",
    "orders",
    "UPDATE orders SET source = 'cart:cart_1' WHERE order_id = 'ord_paid'; INSERT INTO abandoned_source VALUES ('cart:cart_1')",
    ["orders.cart-once"],
  ],
  [
    "orders missed a capture",
    "orders",
    "UPDATE orders SET captured_minor = 0 WHERE order_id = 'ord_paid'",
    ["payments.agreed"],
  ],
];

const plantedPayments: Ill[] = [
  [
    "an order is paid by two payments",
    "payments",
    `INSERT INTO payment SELECT 'pay_twice', order_id, customer_id, amount_minor, currency, payment_method_id, state, held_minor,
       captured_minor, refunded_minor FROM payment WHERE payment_id = 'pay_paid'`,
    ["payments.charged-once", "payments.owed", "payments.agreed", "provider.agrees"],
  ],
  [
    "a paid order was not captured in full",
    "payments",
    "UPDATE payment SET captured_minor = 1999 WHERE payment_id = 'pay_paid'",
    ["payments.owed", "payments.agreed", "provider.agrees"],
  ],
  [
    "a cancelled order's money was kept",
    "payments",
    {
      payments: "UPDATE payment SET refunded_minor = 0 WHERE payment_id = 'pay_back'",
      provider: "UPDATE charge SET refunded_minor = 0 WHERE order_id = 'ord_back'",
    },
    ["payments.owed", "payments.agreed"],
  ],
  [
    "an authorisation outlives its cancelled order",
    "payments",
    {
      payments: "UPDATE payment SET state = 'authorized', held_minor = 700 WHERE payment_id = 'pay_void'",
      provider: "UPDATE charge SET held_minor = 700 WHERE order_id = 'ord_void'",
    },
    ["payments.hold-ends"],
  ],
  [
    "an order nobody knows was charged",
    "payments",
    {
      payments: `INSERT INTO payable (order_id) VALUES ('ord_ghost');
        INSERT INTO payment SELECT 'pay_ghost', 'ord_ghost', customer_id, amount_minor, currency, payment_method_id, state, 0,
          2000, 0, 'none', null, 0, null, null, null, 'test_charge_ghost' FROM payment WHERE payment_id = 'pay_paid'`,
      provider: `INSERT INTO charge SELECT 'test_charge_ghost', 'ord_ghost', last4, currency, amount_minor, false, 0, 2000, 0,
          now() FROM charge WHERE order_id = 'ord_paid'`,
    },
    ["payments.owed"],
  ],
  [
    "the provider was told twice",
    "provider",
    "INSERT INTO charge SELECT 'test_charge_again', order_id, last4, currency, amount_minor, false, amount_minor, 0, 0, now() FROM charge WHERE order_id = 'ord_paid'",
    ["provider.charged-once", "provider.agrees"],
  ],
  [
    "the provider charged what we believe was declined",
    "payments",
    {
      payments: "UPDATE payment SET provider_reference = NULL WHERE payment_id = 'pay_void'",
      provider: "UPDATE charge SET held_minor = 700 WHERE order_id = 'ord_void'",
    },
    ["provider.agrees"],
  ],
  [
    "the provider holds less than we believe",
    "provider",
    "UPDATE charge SET held_minor = 0 WHERE order_id = 'ord_new'",
    ["provider.agrees"],
  ],
  [
    "the provider does not know of a charge",
    "provider",
    "DELETE FROM charge WHERE order_id = 'ord_new'",
    ["provider.agrees"],
  ],
];

const plantedStoredValue: Ill[] = [
  [
    "what a card has reserved was released twice",
    "payments",
    "UPDATE stored_value SET reserved_minor = 0",
    ["stored-value.balanced"],
  ],
  [
    "a card was spent, and its balance stayed",
    "payments",
    `INSERT INTO stored_value_entry (account_id, kind, balance_minor, reserved_minor, payment_id)
     VALUES ('gift_1', 'spent', -200, -200, 'pay_new'); UPDATE stored_value SET reserved_minor = 0`,
    ["stored-value.balanced", "stored-value.positions"],
  ],
  [
    "a card was spent for a payment that has not captured it",
    "payments",
    `INSERT INTO stored_value_entry (account_id, kind, balance_minor, reserved_minor, payment_id)
     VALUES ('gift_1', 'spent', -200, -200, 'pay_new'); UPDATE stored_value SET reserved_minor = 0, balance_minor = 800`,
    ["stored-value.positions"],
  ],
  [
    "something is reserved for a payment that is over",
    "payments",
    "UPDATE stored_value_entry SET payment_id = 'pay_void' WHERE kind = 'reserved'",
    ["stored-value.positions"],
  ],
  [
    "a provider has charged what a card pays",
    "provider",
    "UPDATE charge SET amount_minor = 500, held_minor = 500 WHERE order_id = 'ord_new'",
    ["provider.agrees"],
  ],
];

const plantedEvents: Ill[] = [
  ["an event is missing", "orders", "DELETE FROM outbox WHERE event_id = 'evt_ord_back_3'", ["events.sequence"]],
  ["the last event is missing", "orders", "DELETE FROM outbox WHERE event_id = 'evt_ord_back_5'", ["events.sequence"]],
  ["the first event is missing", "orders", "DELETE FROM outbox WHERE event_id = 'evt_ord_back_1'", ["events.sequence"]],
  [
    "an event has another's number",
    "orders",
    "UPDATE outbox SET sequence = 4 WHERE event_id = 'evt_ord_back_3'",
    ["events.sequence"],
  ],
  [
    "an event is not sent",
    "orders",
    "UPDATE outbox_position SET sent_to = (SELECT max(id) - 1 FROM outbox)",
    ["events.sent"],
  ],
  [
    "an event was acknowledged and not applied",
    "payments",
    "DELETE FROM inbox WHERE event_id = 'evt_ord_new_1'",
    ["events.consumed"],
  ],
  [
    "an event that fulfils the group's condition was acknowledged and not applied",
    "orders",
    `UPDATE outbox SET data = '{"newStatus": "paid"}' WHERE event_id = 'evt_ord_paid_2'`,
    ["events.consumed"],
  ],
];

const charge = `INSERT INTO payment (payment_id, order_id, customer_id, amount_minor, currency, payment_method_id, state)
  VALUES ('pay_wait', 'ord_wait', 'cust_1', 400, 'USD', 'pm', 'failed')`;
const plantedReviews: Ill[] = [
  ["an order was charged during its review", "payments", charge, ["fraud.not-charged"]],
  [
    "an order was charged although its review was rejected",
    "payments",
    { payments: charge, fraud: "UPDATE review SET status = 'rejected' WHERE order_id = 'ord_wait'" },
    ["fraud.not-charged"],
  ],
  [
    "an order waits for a review that there is not",
    "orders",
    {
      orders: "UPDATE orders SET updated_at = now() - interval '2 minutes' WHERE order_id = 'ord_wait'",
      fraud: "DELETE FROM review WHERE order_id = 'ord_wait'",
    },
    ["fraud.decided"],
  ],
];

const plantedPrices: Ill[] = [
  [
    "a price of a list is not what its last change says",
    "pricing",
    "UPDATE list_price SET amount_minor = 850",
    ["price-lists.last-change"],
  ],
  [
    "a price that was removed from a list is still there",
    "pricing",
    "INSERT INTO list_price (list, sku, min_quantity, amount_minor) VALUES ('SALE', 'c', 5, 700)",
    ["price-lists.last-change"],
  ],
  [
    "an order is at the price of a list that had ended",
    "pricing",
    `INSERT INTO price_list (code, currency, priority, ends_at, created_at, changed_at)
     SELECT code, 'USD', 1, ends_at, day, day
     FROM (VALUES ('ENDED', now() - interval '1 hour'), ('DEAR', NULL), ('CHEAP', NULL)) AS l (code, ends_at),
          (SELECT now() - interval '1 day' AS day) AS d;
     INSERT INTO list_price (list, sku, min_quantity, amount_minor)
     VALUES ('ENDED', 'b', 1, 500), ('DEAR', 'b', 1, 400), ('CHEAP', 'b', 1, 300);
     INSERT INTO list_price_change (list, sku, warehouse_id, min_quantity, amount_minor, valid_from)
     SELECT list, sku, '', 1, amount_minor, now() - interval '1 day' FROM list_price WHERE sku = 'b'`,
    ["orders.price-held"],
  ],
  ["a price outlives its list", "pricing", "DELETE FROM price_list", ["price-lists.last-change"]],
  ["a customer has left a group and has its prices", "customers", "DELETE FROM group_member", ["prices.groups"]],
  ["a customer's groups never reached the prices", "pricing", "DELETE FROM customer_group", ["prices.groups"]],
  [
    "a price is not what its last change has set",
    "pricing",
    "UPDATE price SET amount_minor = 1 WHERE sku = 't'",
    ["prices.last-change"],
  ],
  ["a change is in no history", "pricing", "DELETE FROM price_change_part", ["prices.last-change"]],
  ["a price is gone", "pricing", "DELETE FROM price WHERE sku = 's'", ["prices.last-change"]],
];

const plantedPromotions: Ill[] = [
  [
    "a line got more off than its order has discounts",
    "orders",
    `UPDATE order_line SET discount_minor = 201 WHERE order_id = 'ord_paid' AND line_no = 1;
     UPDATE orders SET total_minor = 1999 WHERE order_id = 'ord_paid'`,
    ["orders.discounts", "payments.owed"],
  ],
  [
    "an order has another discount than was reserved for it",
    "promotions",
    "UPDATE redemption SET amount_minor = 150 WHERE order_id = 'ord_paid'; UPDATE promotion_use SET spent_minor = 195",
    ["promotions.as-ordered"],
  ],
  [
    "an order has a discount that nobody has reserved",
    "orders",
    `UPDATE orders SET discounts = (SELECT discounts FROM orders WHERE order_id = 'ord_paid') WHERE order_id = 'ord_back';
     UPDATE order_line SET price_minor = 500, quantity = 1, discount_minor = 200 WHERE order_id = 'ord_back'`,
    ["promotions.as-ordered"],
  ],
  [
    "a promotion was used for an order that does not have it",
    "orders",
    `UPDATE orders SET discounts = NULL WHERE order_id = 'ord_wait';
     UPDATE orders SET total_minor = 400 WHERE order_id = 'ord_wait';
     UPDATE order_line SET discount_minor = 0 WHERE order_id = 'ord_wait'`,
    ["promotions.as-ordered"],
  ],
  [
    "a use was given back twice",
    "promotions",
    "UPDATE promotion_use SET uses = 1, spent_minor = 50",
    ["promotions.within-limits"],
  ],
  [
    "a promotion was used more often than it may be",
    "promotions",
    "ALTER TABLE promotion_use DROP CONSTRAINT IF EXISTS promotion_use_check; UPDATE promotion_use SET usage_limit = 1",
    ["promotions.within-limits"],
  ],
  [
    "a code was used by two orders",
    "promotions",
    "UPDATE redemption SET code = 'ONCE' WHERE order_id = 'ord_paid'",
    ["promotions.codes-once"],
  ],
  [
    "a cancelled order keeps its discount's use",
    "promotions",
    `UPDATE reservation SET state = 'ordered' WHERE order_id = 'ord_void';
     UPDATE promotion_use SET uses = 3, spent_minor = 344, usage_limit = NULL, budget_minor = NULL;
     UPDATE promotion_code SET order_id = 'ord_void' WHERE code_key = 'FREE'`,
    ["promotions.orders"],
  ],
  [
    "the use of a paid order was given back",
    "promotions",
    `UPDATE reservation SET state = 'released' WHERE order_id = 'ord_paid';
     UPDATE promotion_use SET uses = 1, spent_minor = 45`,
    ["promotions.orders"],
  ],
  ["a slot of a deal was given out twice", "promotions", "UPDATE deal SET taken = 1", ["deals.slots"]],
  ["a claim waits that is not counted", "promotions", "UPDATE deal SET waiting = 0", ["deals.slots"]],
  [
    "a customer has more pieces of a deal than one may",
    "promotions",
    "UPDATE deal_claim SET customer_id = 'cust_1' WHERE number = 2",
    ["deals.slots"],
  ],
  [
    "somebody was served out of turn",
    "promotions",
    "UPDATE deal_claim SET granted_at = now() WHERE number = 4",
    ["deals.turns"],
  ],
  [
    "the slot of an order went to somebody else",
    "promotions",
    `UPDATE deal_claim SET state = 'ended', end_reason = 'expired', ended_at = now(), expires_at = NULL WHERE number = 1;
     UPDATE deal SET taken = 1`,
    ["deals.orders"],
  ],
];

const planted = [
  ...plantedPrices,
  ...plantedPromotions,
  ...plantedInventory,
  ...plantedOrders,
  ...plantedPayments,
  ...plantedReviews,
  ...plantedStoredValue,
  ...plantedEvents,
];

test.each(planted)("found: %s", async (_, service, sql, invariants) => {
  await rows.run(service, sql);
  const findings = await rows.verify();
  expect(violated(findings).toSorted()).toEqual(invariants.toSorted());
  expect(findings.find(({ outcome }) => outcome === "violated")?.examples.length).toBeGreaterThan(0);
  expect(exitCodeOf(findings)).toBe(1);
});

describe("what is no violation", () => {
  test.each<[string, Service, Ill[2]]>([
    [
      "while the provider is being asked, it may know more than we do",
      "payments",
      {
        provider: "UPDATE charge SET held_minor = 0, captured_minor = 500 WHERE order_id = 'ord_new'",
        payments: `INSERT INTO operation (operation_id, payment_id, kind, amount_minor, due_at, correlation_id, causation_id)
          VALUES ('op_new', 'pay_new', 'capture', 500, now(), 'c', 'c')`,
      },
    ],
    [
      "a dead letter is where its group has put it",
      "payments",
      `DELETE FROM inbox WHERE event_id = 'evt_ord_new_1';
       INSERT INTO dead_letter VALUES ('payments', 'evt_ord_new_1', '{"eventType": "OrderCreated"}', 'a reason', 5)`,
    ],
    [
      "a group that was rewound applies its events again",
      "orders",
      `INSERT INTO rewind VALUES ('orders', 1, NULL, true, now() - interval '1 second', 'ops');
       UPDATE order_history SET at = now() - interval '1 minute';
       INSERT INTO order_history VALUES ('ord_paid', 4, 'step', 'paid', 'paid', 'evt_1', 'c', 's', 'n', now(), '{}');
       UPDATE orders SET version = 4 WHERE order_id = 'ord_paid'`,
    ],
    [
      "retention forgets the beginning",
      "orders",
      "DELETE FROM outbox WHERE event_id = 'evt_ord_back_1'; UPDATE migration SET ran_at = now() - interval '40 days'",
    ],
    [
      "a tombstone of an order nobody knows yet",
      "inventory",
      "INSERT INTO reservation VALUES ('ord_later', 'tombstone')",
    ],
  ])("%s", async (_, service, sql) => {
    await rows.run(service, sql);
    expect(violated(await rows.verify())).toEqual([]);
  });

  test("what is well again a grace later", async () => {
    await rows.run("payments", "DELETE FROM inbox WHERE event_id = 'evt_ord_new_1'");
    const verified = rows.verify({ graceSeconds: 1 });
    setTimeout(() => void rows.run("payments", "INSERT INTO inbox VALUES ('payments', 'evt_ord_new_1')"), 500);
    expect(violated(await verified)).toEqual([]);
  });
});

test("dead letters are a notice, and break the invariant where one is strict", async () => {
  await rows.run(
    "payments",
    `INSERT INTO dead_letter VALUES ('payments', 'evt_x', '{"eventType": "Odd"}', E'why\\nat', 5)`,
  );
  const dead = (findings: readonly Finding[]) => findings.find(({ invariant }) => invariant === "events.dead");
  const findings = await rows.verify();
  expect(dead(findings)).toMatchObject({
    outcome: "notice",
    violations: 1,
    examples: [{ id: "evt_x for payments", wrong: "Odd: why" }],
  });
  expect(exitCodeOf(findings)).toBe(0);
  expect(dead(await rows.verify({ strict: true }))).toMatchObject({ outcome: "violated" });
  await rows.run("payments", "UPDATE dead_letter SET discarded_at = now()"); // somebody has looked at it
  expect(dead(await rows.verify({ strict: true }))).toMatchObject({ outcome: "holds" });
});

test("reports that the records of another provider were not read", async () => {
  await rows.run("payments", {
    payments: "UPDATE payment SET provider_reference = 'pi_1' WHERE payment_id = 'pay_paid'",
    provider: "DELETE FROM charge WHERE order_id = 'ord_paid'",
  });
  const findings = await rows.verify();
  expect(violated(findings)).toEqual([]);
  expect(findings.find(({ invariant }) => invariant === "provider.read")).toMatchObject({
    outcome: "notice",
    violations: 1,
  });
});

test("no more examples are shown than asked for", async () => {
  await rows.run("orders", "UPDATE outbox_position SET sent_to = 0");
  const findings = await rows.verify({ examples: 2 });
  const sent = findings.find(({ invariant }) => invariant === "events.sent");
  expect(sent).toMatchObject({ violations: 13 });
  expect(sent?.examples).toHaveLength(2);
});

test("what cannot be read is said, and is no verdict", async () => {
  await rows.run("inventory", "ALTER TABLE movement RENAME TO elsewhere");
  try {
    const findings = await rows.verify();
    expect(findings.find(({ invariant }) => invariant === "stock.movements")).toMatchObject({ outcome: "unchecked" });
    expect(findings.find(({ invariant }) => invariant === "stock.bounds")).toMatchObject({ outcome: "holds" });
    expect(exitCodeOf(findings)).toBe(2);
  } finally {
    await rows.run("inventory", "ALTER TABLE elsewhere RENAME TO movement");
  }
  await expect(rows.verify({ namespace: "no-such-shop" })).rejects.toThrow("no data of the namespace");
});

describe("what clients were told", () => {
  const line = (path: string, body: StoredEntry["body"], key?: string): StoredEntry => ({
    at: new Date().toISOString(),
    client: "buyer",
    method: "POST",
    path,
    status: path.endsWith("s") || path === "/checkout" ? 201 : 200,
    ...(body && { body }),
    ...(key && { key }),
  });
  const order = (orderId: string, totalAmount: number, key?: string) =>
    line("/orders", { orderId, totalAmount, currency: "USD" }, key);
  const truth = [
    order("ord_paid", 20, "k1"),
    order("ord_paid", 20, "k1"),
    { ...order("ord_new", 5, "k1"), client: "another" },
    line("/checkout", { orderId: "ord_void", totalAmount: 7, currency: "USD" }, "k1"),
    line("/orders/ord_back/cancel", { orderId: "ord_back" }),
    line("/payments/pay_paid/capture", { paymentId: "pay_paid", capturedAmount: 20, currency: "USD" }, "k2"),
    line("/payments/pay_paid/capture", { paymentId: "pay_paid", capturedAmount: 20, currency: "USD" }, "k2"),
    line("/payments/pay_back/refund", { refundId: "re_1", refundedAmount: 3, currency: "USD" }),
    line("/customers", { customerId: "cust_1" }),
    { ...line("/orders", {}), status: 409 },
  ];

  async function told(...lines: readonly StoredEntry[]): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), "journal-"));
    const file = join(folder, "clients.jsonl");
    try {
      const journal = new Journal(file);
      for (const said of [...truth, ...lines]) journal.write(said);
      journal.close();
      return violated(await rows.verify({ journal: file }));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test("is so", async () => {
    expect(await told()).toEqual([]);
  });

  test.each<[string, StoredEntry, string]>([
    ["an order is lost", order("ord_lost", 20), "journal.orders"],
    ["an order costs something else", order("ord_new", 4), "journal.orders"],
    ["a key names two orders", order("ord_new", 5, "k1"), "journal.keys"],
    ["a cancellation is lost", line("/orders/ord_paid/cancel", {}), "journal.cancels"],
    ["a capture is lost", line("/payments/pay_paid/capture", { capturedAmount: 1, currency: "USD" }), "journal.money"],
    ["a refund is lost", line("/payments/pay_back/refund", { refundedAmount: 1, currency: "USD" }), "journal.money"],
    ["a customer is lost", line("/customers", { customerId: "cust_lost" }), "journal.customers"],
  ])("found: %s", async (_, lie, invariant) => {
    expect(await told(lie)).toContain(invariant);
  });
});

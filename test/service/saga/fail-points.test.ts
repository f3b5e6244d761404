import { globSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Context, Middleware, ServiceBroker, ServiceSchema } from "moleculer";
import type { Auth } from "#lib/contract/access.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ActionName, CallParams, CallResult } from "#lib/contract/types.ts";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import billingService from "#services/commerce/billing/billing.service.ts";
import { billing } from "#services/commerce/billing/contract.ts";
import { fraud } from "#services/commerce/fraud/contract.ts";
import fraudService from "#services/commerce/fraud/fraud.service.ts";
import { ledger } from "#services/commerce/ledger/contract.ts";
import ledgerService from "#services/commerce/ledger/ledger.service.ts";
import { orders } from "#services/commerce/orders/contract.ts";
import ordersService from "#services/commerce/orders/orders.service.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { paymentsService } from "#services/commerce/payments/payments.service.ts";
import { booksPlace, openBooks } from "#services/commerce/payments/providers/test-provider-books.ts";
import { chargeFees, payOut } from "#services/commerce/payments/providers/test-provider-movements.ts";
import { testSignature } from "#services/commerce/payments/providers/test-provider-notifications.ts";
import { customers } from "#services/identity/customers/contract.ts";
import { inventory } from "#services/logistics/inventory/contract.ts";
import inventoryService from "#services/logistics/inventory/inventory.service.ts";
import { catalog } from "#services/product/catalog/contract.ts";
import { sellers } from "#services/product/sellers/contract.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { emitAs, stubServiceWithEvents } from "#test/support/stub-service.ts";

/** An error after the commit that claims an operation leaves it to the next worker, when the lease ends. */
const LEASE_MS = 1_000;
const MOVEMENTS_EVERY_MS = 500;
const SAGA = [
  ordersService,
  paymentsService({ timings: { leaseMs: LEASE_MS }, movementsEveryMs: MOVEMENTS_EVERY_MS }),
  inventoryService,
  fraudService,
  billingService,
  ledgerService,
];
const CUSTOMERS = stubServiceWithEvents(customers, {
  answers: { findExisting: (everybody) => everybody, names: () => ({ customers: [] }) },
});
const CATALOG = stubServiceWithEvents(
  {
    ...catalog,
    actions: { resolve: catalog.actions.resolve, unknownSkus: catalog.actions.unknownSkus },
    events: { SupplyChanged: catalog.events.SupplyChanged },
  },
  {
    answers: {
      resolve: () => ({ items: [{ productId: "prod_mug", sku: "mug", title: "Mug" }] }),
      unknownSkus: () => ({ skus: [] }),
    },
  },
);
/** Publishes what the books post of sellers. */
const SELLERS = stubServiceWithEvents({ ...sellers, actions: {} });
const KNOWN = [...SAGA, CUSTOMERS, CATALOG, SELLERS].flatMap(failPointsOfSchema);
const ROOT = join(import.meta.dirname, "../../..");
/** Actions of the saga's services that change nothing. */
const READS = new Set([
  ...[
    "get",
    "list",
    "ofCustomer",
    "ofSeller",
    "timeline",
    "awaitSettled",
    "statusOf",
    "ofSource",
    "answerTo",
    "checkToken",
    "forInvoices",
  ].map((name) => `orders.${name}`),
  ...["assessmentOf", "listReviews"].map((name) => `fraud.${name}`),
  ...["get", "list", "available", "warehouses"].map((name) => `inventory.${name}`),
  ...[
    "get",
    "ofOrder",
    "getMethod",
    "listMethods",
    "listParked",
    "getDispute",
    "listDisputes",
    "listDifferences",
    "methodsOf",
    "balances",
  ].map((name) => `payments.${name}`),
  ...["trialBalance", "listAccounts", "statement", "listEntries", "listPeriods", "reconciliation"].map(
    (name) => `ledger.${name}`,
  ),
  ...["giftCardBalance", "listGiftCards", "giftCardEntries", "readStoreCredit", "planTenders"].map(
    (name) => `payments.${name}`,
  ),
  ...Object.keys(billing.actions).map((name) => `billing.${name}`),
]);
/** Actions whose steps are those of others, or one statement without an event. */
const WITHOUT_STEPS = new Set([
  "payments.receiveVnpay",
  "payments.retryParked",
  "payments.submitEvidence",
  "fraud.assess",
]);
const ANYBODY: Auth = { kind: "service", service: "test" };

/** Records the fail points that were reached. */
class Recording extends FailPoints {
  readonly reached = new Set<string>();

  override reach(...[boundary, scope]: Parameters<FailPoints["reach"]>): Promise<void> {
    for (const what of typeof scope === "string" ? [scope] : scope) this.reached.add(`${what}.${boundary}`);
    return super.reach(boundary, scope);
  }
}

// The worst moment of each step: it is committed, and the caller gets an error.
const everyCommit = KNOWN.filter((name) => name.endsWith(".after-commit")).map((name) => `${name}:throw*1`);
const points = new Recording(everyCommit.join(), KNOWN);
let broker: ServiceBroker;

/** Asks until the answer arrives: the same request, as a client would send it again. */
async function ask<N extends ActionName>(name: N, params: CallParams<N>): Promise<CallResult<N>> {
  const idempotencyKey = newId("operation");
  const once = () => broker.call(name, params as object, { meta: { auth: ANYBODY, address: "test", idempotencyKey } });
  return eventually(() => once() as Promise<CallResult<N>>);
}

const address = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201" };
const item = { productId: "prod_mug", quantity: 1, price: 10 };
const place = async (
  paymentMethodId: string,
  quantity = 1,
  storedValue: Pick<CallParams<"orders.place">, "giftCards" | "storeCredit"> = {},
) => {
  const items = [{ ...item, sku: "mug", title: "Mug", quantity }];
  const source = `cart:${newId("cart")}`;
  const purchase = { customerId: "cust_ann", source, items, currency: "USD", shippingAddress: address };
  return (await ask("orders.place", { ...purchase, paymentMethodId, ...storedValue })).orderId;
};
const becomes = (orderId: string, expected: object) =>
  eventually(async () => expect(await ask("orders.get", { orderId })).toMatchObject(expected));
const paymentOf = async (orderId: string) => (await ask("payments.ofOrder", { orderId })).payment?.paymentId ?? "";

/** The test provider tells that something has changed. */
const notify = (kind: "charge" | "dispute", reference: string) => {
  const body = JSON.stringify({ id: newId("operation"), kind, reference });
  return ask("payments.receive", {
    ...{ provider: "test" as const, body, query: {} },
    headers: { "test-signature": testSignature(body) },
  });
};

/** The check before a purchase always finds stock, so that the reservation can fail, as after a race for the last pieces. */
const overstatedStock = {
  name: "OverstatedStock",
  localAction(next: (ctx: Context) => Promise<unknown>, { name }: { name: string }) {
    if (name !== "inventory.available") return next;
    return async (ctx: Context) => {
      const { items } = (await next(ctx)) as CallResult<"inventory.available">;
      return { items: items.map((item) => ({ ...item, available: 10_000 })) };
    };
  },
} as unknown as Middleware;

beforeAll(async () => {
  armFailPoints(points);
  const shelf: ServiceSchema[] = [
    { name: "pricing", actions: { prices: () => ({ prices: [{ sku: "mug", amountMinor: 1_000 }] }) } },
  ];
  broker = await startBroker({
    namespace: freshNamespace(),
    services: [...shelf, ...SAGA, CUSTOMERS, CATALOG, SELLERS],
    middlewares: [overstatedStock],
    // The test decides what becomes of an authorisation. Holds are tried again until one succeeds, which makes them look worse.
    settings: { CAPTURE_ON: "handoff", FRAUD_REFUSE_SCORE: "101" },
  });
  await ask("inventory.addWarehouse", { warehouseId: "wh_main", name: "Main" });
  await ask("inventory.adjust", { sku: "mug", warehouseId: "wh_main", delta: 50, reason: "delivery" });
  await ask("inventory.adjustMany", { adjustments: [{ sku: "mug", delta: 50, reason: "delivery" }] });
});

afterAll(async () => {
  armFailPoints(undefined);
  await broker?.stop();
});

const lives: Record<string, () => Promise<void>> = {
  "paid for and given back": async () => {
    const { orderId, totalAmount: amount } = await ask("orders.create", {
      customerId: "cust_ann",
      items: [item],
      shippingAddress: address,
      paymentMethodId: "pm_card_visa",
    });
    await becomes(orderId, { status: "confirmed" });
    await ask("payments.authorize", { orderId, customerId: "cust_ann", amount, paymentMethodId: "pm_card_visa" });
    const paymentId = await paymentOf(orderId);
    await ask("payments.capture", { paymentId, amount });
    await becomes(orderId, { status: "paid" });
    await ask("payments.refund", { paymentId, amount, reason: "returned" });
    await becomes(orderId, { paymentStatus: "refunded" });
    await eventually(async () => {
      // An error after the commit leaves what is due to the next poll, when the lease of this node has ended.
      await databaseOf(broker, "billing").query("UPDATE due SET due_at = least(due_at, now())");
      const { creditNotes } = await callAs(broker, ANYBODY)("billing.creditNotes", { orderId });
      expect(creditNotes).toMatchObject([{ total: amount }]);
    });
  },
  "cancelled before it is paid for": async () => {
    const orderId = await place("pm_card_visa");
    await becomes(orderId, { status: "confirmed" });
    await ask("orders.cancel", { orderId });
    await becomes(orderId, { status: "cancelled", paymentStatus: "voided" });
  },
  "placed by somebody who saves a method, and deletes it": async () => {
    const customerId = "cust_ann";
    await ask("payments.setUpMethod", { customerId });
    await eventually(async () => {
      const { paymentMethods } = await ask("payments.listMethods", { customerId });
      for (const { paymentMethodId } of paymentMethods) {
        // Not by `ask`: after an error that came too late the method is gone, and the same request finds nothing.
        const meta = { auth: ANYBODY, address: "test" };
        await broker.call("payments.deleteMethod", { customerId, paymentMethodId }, { meta });
      }
      expect(paymentMethods).toEqual([]);
    });
  },
  "handed off, partly refunded at the provider until that comes back, and disputed": async () => {
    const orderId = await place("pm_card_visa");
    await becomes(orderId, { status: "confirmed" });
    await ask("orders.handOff", { orderId });
    await becomes(orderId, { status: "shipped", paymentStatus: "paid" });
    const books = openBooks(booksPlace(databaseOf(broker, "payments").place));
    const [charge] = await books.query<{ charge_id: string }>("SELECT charge_id FROM charge WHERE order_id = $1", [
      orderId,
    ]);
    const reference = charge?.charge_id ?? "";
    for (const [refunded, paymentStatus] of [
      [1, "partially_refunded"],
      [0, "paid"],
    ] as const) {
      await books.query("UPDATE charge SET refunded_minor = $2 WHERE charge_id = $1", [reference, refunded]);
      await notify("charge", reference);
      await becomes(orderId, { paymentStatus });
    }
    await books.query("INSERT INTO dispute (dispute_id, charge_id, amount_minor) VALUES ('test_dp_1', $1, 1)", [
      reference,
    ]);
    await chargeFees(books, orderId, 1);
    await payOut(books, "test_po_1", { currency: "USD", amountMinor: 1 });
    await books.close();
    await notify("dispute", "test_dp_1");
    const [dispute] = await eventually(async () => {
      const { disputes } = await ask("payments.listDisputes", {});
      expect(disputes).toHaveLength(1);
      return disputes;
    });
    const evidence = { disputeId: dispute?.disputeId ?? "", explanation: "winning_evidence" };
    await eventually(() =>
      broker.call("payments.submitEvidence", evidence, { meta: { auth: ANYBODY, address: "test" } }),
    );
    await eventually(async () => {
      const { steps } = await ask("orders.timeline", { orderId });
      expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(["DisputeOpened", "DisputeClosed"]));
    });
  },
  "paid by a gift card and store credit, given back, and the card disabled": async () => {
    const customerId = "cust_ann";
    const { giftCardId, code } = await ask("payments.issueGiftCard", { amount: 4, currency: "USD" });
    await ask("payments.grantStoreCredit", { customerId, amount: 7, currency: "USD", reason: "sorry" });
    const orderId = await place("pm_card_visa", 1, { giftCards: [code], storeCredit: true });
    await becomes(orderId, { status: "confirmed" });
    await ask("orders.handOff", { orderId });
    await becomes(orderId, { status: "shipped", paymentStatus: "paid" });
    await ask("payments.refund", { paymentId: await paymentOf(orderId), amount: 10, reason: "returned" });
    await becomes(orderId, { paymentStatus: "refunded" });
    expect(await ask("payments.giftCardBalance", { code })).toEqual({ balance: 4, currency: "USD" });
    expect(await ask("payments.readStoreCredit", { customerId })).toMatchObject({
      balances: [{ balance: 7, reserved: 0 }],
    });
    expect((await ask("payments.listGiftCards", {})).giftCards).toHaveLength(1); // issued once, as granted once
    expect(await ask("payments.disableGiftCard", { giftCardId })).toMatchObject({ status: "disabled", balance: 0 });
  },
  "invoiced, of a month that is closed later": async () => {
    const about = { orderId: newId("order"), customerId: "cust_ann", number: "1", sellerId: "shop", currency: "USD" };
    const booked = { ...about, total: 10, net: 10, shipping: 0, tax: [] };
    await emitAs(broker, "billing", (tx) => {
      tx.emit(billing.events.InvoiceIssued, { ...booked, invoiceId: newId("invoice") });
      const note = { creditNoteId: newId("creditNote"), invoiceNumber: "1", refundId: newId("refund") };
      tx.emit(billing.events.CreditNoteIssued, { ...booked, ...note });
    });
    await emitAs(broker, "payments", (tx) => {
      const money = { amount: 10, currency: "USD" };
      tx.emit(payments.events.GiftCardIssued, { ...money, giftCardId: newId("giftCard") });
      const credit = { storeCreditId: newId("storeCredit"), customerId: "cust_ann", reason: "sorry" };
      tx.emit(payments.events.StoreCreditGranted, { ...money, ...credit });
    });
    await ask("ledger.closePeriod", { period: "2020-01" });
    await eventually(async () => {
      const { accounts, debit, credit } = await ask("ledger.trialBalance", { currency: "USD" });
      expect(accounts.map(({ account }) => account)).toEqual(
        expect.arrayContaining([
          "bank",
          "chargebacks",
          "clearing:test",
          "giftCards",
          "refunds",
          "sales",
          "storeCredit",
        ]),
      );
      expect(debit).toBe(credit);
    });
  },
  "voided by staff": async () => {
    const orderId = await place("pm_card_visa");
    await becomes(orderId, { status: "confirmed" });
    await ask("payments.void", { paymentId: await paymentOf(orderId) });
    await becomes(orderId, { status: "cancelled", paymentStatus: "voided" });
  },
  "given up before it is placed": async () => {
    const source = `cart:${newId("cart")}`;
    expect(await ask("orders.abandonSource", { source })).toEqual({ order: null, abandoned: true });
  },
  declined: async () => becomes(await place("pm_card_chargeDeclined"), { status: "cancelled" }),
  "out of stock": async () => becomes(await place("pm_card_visa", 1_000), { status: "cancelled" }),
  "in need of its customer, who takes another card and then changes their mind": async () => {
    const orderId = await place("pm_card_authenticationRequired");
    await becomes(orderId, { paymentStatus: "requires_action" });
    const card = { orderId, customerId: "cust_ann", amount: 10, paymentMethodId: "pm_card_mastercard" };
    await ask("payments.authorize", card);
    await becomes(orderId, { status: "confirmed" });
    await ask("orders.cancel", { orderId });
    await becomes(orderId, { status: "cancelled", paymentStatus: "voided" });
  },
  "suspicious, and approved, rejected, cancelled or forgotten": async () => {
    // An assessment that fails, or takes too long, is done without: then the order is not held, and another one is tried.
    const suspicious = () => eventually(hold);
    const hold = async () => {
      const source = `cart:${newId("cart")}`;
      const items = [{ ...item, sku: "mug", title: "Mug" }];
      const who = { customerId: `guest_${newId("cart")}`, email: "somebody@mailinator.com" };
      const what = { source, items, currency: "USD", paymentMethodId: "pm_card_visa" };
      const billingAddress = { ...address, country: "DE" };
      const placed = await ask("orders.place", { ...who, ...what, shippingAddress: address, billingAddress });
      expect(placed).toMatchObject({ status: "pending_payment", underReview: true });
      return placed.orderId;
    };
    const [approved, rejected, cancelled, forgotten] = await Promise.all([1, 2, 3, 4].map(suspicious));
    await ask("fraud.approve", { orderId: approved ?? "" });
    await ask("fraud.reject", { orderId: rejected ?? "" });
    await ask("orders.cancel", { orderId: cancelled ?? "" });
    await eventually(async () => {
      const past = "UPDATE review SET deadline_at = now() WHERE order_id = $1 RETURNING 1";
      expect(await databaseOf(broker, "fraud").query(past, [forgotten])).toHaveLength(1);
    });
    await becomes(approved ?? "", { status: "confirmed" });
    for (const orderId of [rejected, forgotten])
      await becomes(orderId ?? "", { status: "cancelled", reason: "fraud_rejected" });
    await ask("orders.cancel", { orderId: approved ?? "" });
    const customer = { customerId: "cust_ann", email: "ann@mailinator.com" };
    await emitAs(broker, "customers", (tx) => {
      tx.emit(customers.events.CustomerCreated, { ...customer, firstName: "Ann", lastName: "Buyer" });
      tx.emit(customers.events.CustomerUpdated, { ...customer, updatedFields: ["email"] });
      tx.emit(customers.events.CustomerGroupsChanged, { customerId: customer.customerId, groups: ["press"] });
    });
  },
  "for a bundle that is put together": async () =>
    emitAs(broker, "catalog", (tx) =>
      tx.emit(catalog.events.SupplyChanged, { sku: "SET", takes: [{ sku: "MUG", quantity: 2 }] }),
    ),
  "sold for a seller": async () => {
    const seller = { sellerId: "seller_1", currency: "USD" };
    const sale = { ...seller, orderId: "ord_1", gross: 10, commission: 1, net: 9 };
    const payout = { ...seller, payoutId: "payout_1", amount: 9 };
    await emitAs(broker, "sellers", (tx) => {
      tx.emit(sellers.events.SellerApproved, { sellerId: "seller_1", by: "check" });
      tx.emit(sellers.events.SellerRejected, { sellerId: "seller_1", by: "check", reason: "unknown" });
      tx.emit(sellers.events.SellerSuspended, { sellerId: "seller_1", by: "staff:1", reason: "complaints" });
      tx.emit(sellers.events.SellerReinstated, { sellerId: "seller_1", by: "staff:1" });
      tx.emit(sellers.events.SaleCredited, sale);
      tx.emit(sellers.events.SaleReversed, sale);
      tx.emit(sellers.events.PayoutSent, { ...payout, period: "2026-10-01T00:00:00.000Z" });
      tx.emit(sellers.events.PayoutFailed, { ...payout, reason: "closed" });
    });
  },
  "in need of its customer, and slow": async () => {
    const orderId = await place("pm_card_authenticationRequired");
    await becomes(orderId, { paymentStatus: "requires_action" });
    await ask("payments.confirm", { paymentId: await paymentOf(orderId) });
    await becomes(orderId, { status: "confirmed" });
    const overdue = "UPDATE reservation SET expires_at = now() - interval '1 minute' WHERE order_id = $1";
    await databaseOf(broker, "inventory").query(overdue, [orderId]);
    const longHeld = "UPDATE payment SET asked_at = '-infinity', updated_at = '-infinity' WHERE order_id = $1";
    await databaseOf(broker, "payments").query(longHeld, [orderId]);
  },
};

test("each step of the saga has its fail points", () => {
  const consumers = globSync("services/*/{orders,inventory,payments,fraud,billing,ledger}/consumers/*.ts", {
    cwd: ROOT,
  }).map((file) => {
    const [service, , name = ""] = file.split("/").slice(2);
    return `${service}.${name.replace(/(^|-)(\w)/g, (_, __, letter) => letter.toUpperCase()).replace(".ts", "")}`;
  });
  const writes = [orders, inventory, payments, fraud, billing, ledger].flatMap(({ name, actions }) =>
    Object.keys(actions)
      .map((action) => `${name}.${action}`)
      .filter((action) => !READS.has(action) && !WITHOUT_STEPS.has(action)),
  );
  expect(consumers.length + writes.length).toBeGreaterThanOrEqual(27);
  const steps = [
    ...consumers.flatMap((name) =>
      ["before-inbox", "before-commit", "after-commit", "before-ack"].map((b) => `${name}.${b}`),
    ),
    ...[
      ...writes,
      "payments.settle",
      "billing.documents",
      "orders.sweep-deadlines",
      "inventory.expire-reservations",
      "payments.check-holds",
      "fraud.decide-overdue",
      "payments.follow-movements",
    ].flatMap((name) => [`${name}.before-commit`, `${name}.after-commit`]),
    ...["authorize", "confirm", "capture", "void", "refund"].flatMap((kind) => [
      `payments.${kind}.before-provider`,
      `payments.${kind}.after-provider`,
    ]),
    ...[orders, inventory, payments, fraud, billing].flatMap(({ name, events }) =>
      Object.keys(events).flatMap((type) => [`${name}.${type}.before-publish`, `${name}.${type}.after-publish`]),
    ),
  ];
  expect(steps.filter((step) => !KNOWN.includes(step))).toEqual([]);
});

test("orders survive an error after each commit, and together reach every fail point", async () => {
  await Promise.all(Object.values(lives).map((live) => live()));
  await eventually(() => expect([...points.reached].sort()).toEqual([...new Set(KNOWN)].sort()));
  expect(await charges()).toEqual({ charges: 8, held_minor: 1_000, captured_minor: 2_000, refunded_minor: 1_000 });
  expect(await ask("inventory.get", { sku: "mug" })).toMatchObject({
    warehouses: [{ warehouseId: "wh_main", onHand: 98, reserved: 1 }],
  });
  for (const { name } of SAGA) {
    expect(await databaseOf(broker, name).query("SELECT envelope, error FROM dead_letter")).toEqual([]);
  }
});

/** The charges that the provider has made. */
async function charges() {
  const books = openBooks(booksPlace(databaseOf(broker, "payments").place));
  const [row] = await books.query(
    `SELECT count(*)::int AS charges, sum(held_minor)::int AS held_minor, sum(captured_minor)::int AS captured_minor,
            sum(refunded_minor)::int AS refunded_minor FROM charge`,
  );
  await books.close();
  return row;
}

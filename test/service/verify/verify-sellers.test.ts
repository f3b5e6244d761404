import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { id, type Sellers, startSellers } from "#test/service/sellers/sellers-fixture.ts";
import { databaseOf } from "#test/support/broker.ts";
import { eventually } from "#test/support/eventually.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { ServiceDatabases } from "#tools/verify/databases.ts";
import { sellerInspections } from "#tools/verify/sellers.ts";
import { TwoStepCheck } from "#tools/verify/two-step-check.ts";

let sellers: Sellers;
let databases: ServiceDatabases;
const undo: string[] = [];

/** A paid order, of which half was refunded, one that is open, and one that was cancelled. */
beforeAll(async () => {
  sellers = await startSellers();
  const seller = await sellers.approved();
  const { sellerId } = seller;
  await sellers.offer(seller, "MUG", { stock: 10 });
  const [paid, open, cancelled] = [id("ord"), id("ord"), id("ord")];
  const orders = databaseOf(sellers.broker, "orders");
  await orders.query("CREATE TABLE orders (order_id text, status text)");
  await orders.query("CREATE TABLE order_line (order_id text, seller_id text, sku text, quantity int)");
  for (const [orderId, status] of [
    [paid, "paid"],
    [open, "confirmed"],
    [cancelled, "cancelled"],
  ] as const) {
    await sellers.reserve(orderId, [{ sellerId, sku: "MUG", quantity: 2 }]);
    await sellers.ordered(orderId, 33.33, [{ sku: "MUG", sellerId, quantity: 2, price: 10 }]);
    await orders.query("INSERT INTO orders VALUES ($1, $2)", [orderId, status]);
    await orders.query("INSERT INTO order_line VALUES ($1, $2, 'MUG', 1), ($1, $2, 'MUG', 1), ($1, NULL, 'MUG', 3)", [
      ...[orderId, sellerId],
    ]);
  }
  await sellers.paid(paid);
  await sellers.cancelled(cancelled);
  await sellers.refunded(paid, 11.11);
  const balance = () => sellers.call(seller.owner, "sellers.balance", { sellerId });
  await eventually(async () => expect(await balance()).toMatchObject({ pending: 13.34 }));
  await sellers.letHoldsEnd();
  await sellers.payOut();
  await eventually(async () => expect(await balance()).toMatchObject({ available: 0 }));
  databases = await ServiceDatabases.find({ server: postgresUrl(), namespace: sellers.broker.namespace });
}, 60_000);
afterAll(async () => {
  await databases?.close();
  await sellers?.stop();
});
afterEach(async () => {
  for (const statement of undo.splice(0)) await sellers.db.query(statement);
});

async function violated(): Promise<string[]> {
  const checks = sellerInspections.map((inspection) => new TwoStepCheck(inspection));
  for (const check of checks) await check.look(databases);
  for (const check of checks) await check.lookAgain(databases);
  const findings = checks.flatMap((check) => check.findings(5, true));
  expect(findings.filter(({ outcome }) => outcome === "unchecked")).toEqual([]);
  return findings.flatMap(({ invariant, outcome }) => (outcome === "violated" ? [invariant] : []));
}

test("what agrees holds", async () => {
  await eventually(async () => expect(await violated()).toEqual([]));
});

test.each<[wrong: string, change: string, back: string, invariants: string[]]>([
  [
    "pieces are reserved that no order holds",
    "UPDATE offer SET reserved = reserved + 1",
    "UPDATE offer SET reserved = reserved - 1",
    ["sellers.offers"],
  ],
  [
    "more was taken than was ordered",
    "UPDATE sold_piece SET quantity = quantity + 1",
    "UPDATE sold_piece SET quantity = quantity - 1",
    ["sellers.offers", "sellers.pieces"],
  ],
  [
    "a sale is in the balance twice",
    "INSERT INTO balance_entry (seller_id, currency, kind, order_id, gross_minor, net_minor, available_at) SELECT seller_id, currency, 'sale', order_id, gross_minor, gross_minor, now() FROM balance_entry WHERE kind = 'sale'",
    "DELETE FROM balance_entry WHERE entry_id = (SELECT max(entry_id) FROM balance_entry)",
    ["sellers.sales", "sellers.balances"],
  ],
  [
    "a refund is not reversed",
    "UPDATE sold_order SET refunded_minor = 2222 WHERE is_paid",
    "UPDATE sold_order SET refunded_minor = 1111 WHERE is_paid",
    ["sellers.sales"],
  ],
  [
    "a payout that failed is not given back",
    "UPDATE payout SET status = 'failed'",
    "UPDATE payout SET status = 'sent'",
    ["sellers.payouts"],
  ],
  [
    "a payout was taken off that the books do not know",
    "UPDATE payout SET status = 'sending'",
    "UPDATE payout SET status = 'sent'",
    ["sellers.balances"],
  ],
  [
    "pieces of a cancelled order are sold",
    "UPDATE sold_order SET state = 'committed' WHERE state = 'released'",
    "UPDATE sold_order SET state = 'released' WHERE state = 'committed' AND NOT is_paid",
    ["sellers.orders"],
  ],
])("found: %s", async (_, change, back, invariants) => {
  undo.push(back);
  await sellers.db.query(change);
  expect((await violated()).toSorted()).toEqual(invariants.toSorted());
});

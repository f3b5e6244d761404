import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { booksPlace } from "#services/commerce/payments/providers/test-provider-books.ts";
import { ADDRESS, Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { databaseUrlOf, dataPlaceOf, freshNamespace } from "#test/support/databases.ts";
import { readUntil } from "#test/support/eventually.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { type Shop, startShop } from "#test/support/shop.ts";
import { type SpanCollector, startSpanCollector } from "#test/support/span-collector.ts";

const WAIT = { prefer: "wait=10" };
const START_MS = 60_000;
const VAULT_KEYS = `test:${randomBytes(32).toString("base64")}`;

const run = promisify(execFile);

describe("saved methods and card data over HTTP", () => {
  const namespace = freshNamespace();
  let collector: SpanCollector;
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let goods: Goods;
  let database: pg.Client;

  beforeAll(async () => {
    collector = await startSpanCollector();
    shop = await startShop("one process", {
      NAMESPACE: namespace,
      TRACE_COLLECTOR: collector.url,
      ACCESS_LOG: "on",
      LOG_LEVEL: "info",
      VAULT_KEYS,
    });
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
    goods = await newGoods(staff, 100);
    database = new pg.Client(databaseUrlOf(namespace, "payments"));
    await database.connect();
  }, START_MS);

  afterAll(async () => {
    await database?.end();
    await shop?.stop();
    await collector?.stop();
  }, START_MS);

  async function saved(client: Client): Promise<string> {
    const setup = await client.post(`/customers/${client.customerId}/payment-methods/setup`, {});
    expect(setup).toMatchObject({
      status: 201,
      body: { setupId: expect.any(String), clientSecret: expect.any(String) },
    });
    const list = await client.get(`/customers/${client.customerId}/payment-methods`);
    expect(list.status).toBe(200);
    expect(list.body.paymentMethods[0]).toMatchObject({ type: "card", last4: "4242" });
    return list.body.paymentMethods[0].paymentMethodId;
  }

  test("an order and a checkout are paid with a saved method", async () => {
    const method = await saved(buyer);
    const order = await buyer.post("/orders", orderOf(buyer, goods, 1, method), WAIT);
    expect(order).toMatchObject({ status: 201, body: { status: "paid" } });
    const read = await buyer.get(`/orders/${order.body.orderId}?expand=payment`);
    expect(read.body.payment).toMatchObject({ status: "captured", paymentMethod: { type: "card", last4: "4242" } });

    const cart = await buyer.post("/carts");
    await buyer.post(`/carts/${cart.body.cartId}/items`, { productId: goods.productId, sku: goods.sku, quantity: 2 });
    const checkout = { cartId: cart.body.cartId, shippingAddress: ADDRESS, paymentMethodId: method };
    expect(await buyer.post("/checkout", checkout, WAIT)).toMatchObject({ status: 201, body: { status: "paid" } });
  });

  test("another customer's method is declined, and the order is cancelled", async () => {
    const method = await saved(await newCustomer(shop));
    const { body } = await buyer.post("/orders", orderOf(buyer, goods, 1, method), WAIT);
    const order = await readUntil(
      () => buyer.get(`/orders/${body.orderId}?expand=payment`),
      (answer) => answer.body.status === "cancelled",
    );
    expect(order.body).toMatchObject({ paymentStatus: "failed", payment: { declineCode: "invalid_payment_method" } });
  });

  test("a method is deleted once, and is no method any more", async () => {
    const client = await newCustomer(shop);
    const path = `/customers/${client.customerId}/payment-methods/${await saved(client)}`;
    expect((await client.get(path)).status).toBe(200);
    expect((await buyer.get(path)).status).toBe(404);
    expect((await client.delete(path)).status).toBe(204);
    expect((await client.delete(path)).status).toBe(404);
    expect((await client.get(path)).status).toBe(404);
  });

  test("tokens are in no log line, span or table of the shop", async () => {
    const books = new pg.Client(booksPlace(dataPlaceOf(namespace, "payments")).database);
    await books.connect();
    const { rows } = await books.query<{ token: string }>("SELECT token FROM saved_card");
    await books.end();
    expect(rows.length).toBeGreaterThan(2);
    for (const { token } of rows) await expectUnknown(token);
  });

  test("npm run vault:rotate encrypts everything again while the shop runs, and methods are paid with as before", async () => {
    const method = await saved(buyer);
    const keys = async () => (await database.query("SELECT key_id FROM data_key")).rows;
    const before = await keys();
    const env = { ...process.env, DATABASE_URL: postgresUrl(), NAMESPACE: namespace, VAULT_KEYS };
    const { stdout } = await run(process.execPath, ["tools/vault-rotate.ts"], { env });
    expect(stdout).toMatch(/are done, and 1 data keys/);
    const after = await keys();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    const order = await buyer.post("/orders", orderOf(buyer, goods, 1, method), WAIT);
    expect(order.body).toMatchObject({ status: "paid" });

    const without = run(process.execPath, ["tools/vault-rotate.ts"], {
      env: { ...env, NODE_ENV: "production", VAULT_KEYS: "" },
    });
    await expect(without).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/^Set VAULT_KEYS/) });
  });

  const CARD = "4000 0566-5566 5556";
  const requests: [string, (card: string) => Promise<{ status: number; headers: Headers; body: unknown }>][] = [
    [
      "an address",
      (card) => {
        const order = orderOf(buyer, goods);
        const address = { ...ADDRESS, street: `card ${card} exp 12/29` };
        return buyer.post("/orders", { ...order, shippingAddress: address }, { "idempotency-key": "with-a-card" });
      },
    ],
    ["a payment method", (card) => buyer.post("/orders", orderOf(buyer, goods, 1, card))],
    [
      "a number in a field that does not exist",
      (card) =>
        new Client(shop).post("/auth/login", { email: "a@b.co", card: [{ no: Number(card.replace(/\D/g, "")) }] }),
    ],
    ["a security code", () => buyer.post("/carts", { card: { cvc: "737" } })],
    ["a PUT", (card) => buyer.put(`/customers/${buyer.customerId}`, { firstName: card })],
    ["a PATCH", (card) => buyer.patch("/carts/cart_1/items/item_1", { quantity: 1, note: card })],
    ["a PUT of a price", (card) => staff.put(`/prices/${goods.sku}`, { amount: 1, currency: "USD", note: card })],
  ];

  test.each(requests)("a card in %s is refused, and written nowhere", async (_, send) => {
    const { status, headers, body } = await send(CARD);
    expect({ status, body }).toMatchObject({ status: 422, body: { code: "CARD_DATA_REFUSED" } });
    expect(JSON.stringify(body)).not.toMatch(/4000|5556|737/);
    expect(headers.get("x-request-id")).toBeTruthy();
    await expectUnknown(CARD);
    await expectUnknown(CARD.replace(/\D/g, ""));
  });

  test("the key of a refused request is free for the corrected one", async () => {
    const corrected = await buyer.post("/orders", orderOf(buyer, goods), { "idempotency-key": "with-a-card" });
    expect(corrected.status).toBe(201);
  });

  test("barcodes as skus, ids and telephone numbers pass", async () => {
    const sku = "4242424242424242"; // a shop may number its variants as it likes
    const product = { title: "EAN 4006381333931", slug: `p-${randomBytes(6).toString("hex")}`, variants: [{ sku }] };
    expect((await staff.post("/products", product)).status).toBe(201);
    expect((await staff.post("/prices:batch", { prices: [{ sku, amount: 5, currency: "USD" }] })).status).toBe(200);
    expect((await buyer.put(`/customers/${buyer.customerId}`, { phone: "+4915112345674" })).status).toBe(200);
  });

  async function expectUnknown(text: string): Promise<void> {
    expect(shop.nodes.map(({ output }) => output).join()).not.toContain(text);
    expect(JSON.stringify(collector.spans)).not.toContain(text);
    const { rows } = await database.query<{ schema: string; name: string }>(
      "SELECT schemaname AS schema, tablename AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    );
    for (const { schema, name } of rows) {
      const found = await database.query(`SELECT FROM "${schema}"."${name}" t WHERE strpos(t::text, $1) > 0 LIMIT 1`, [
        text,
      ]);
      expect({ table: `${schema}.${name}`, rows: found.rowCount }).toEqual({ table: `${schema}.${name}`, rows: 0 });
    }
  }
});

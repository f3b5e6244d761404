import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { placeOf } from "#lib/sql/data-place.ts";
import { Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";
import { withDatabase } from "#tools/service-database.ts";
import { verify } from "#tools/verify/verify.ts";

const WAIT = { prefer: "wait=10" };
const HOME = { street: "1 Invoice Lane", city: "Leeds", state: "", zipCode: "LS1 1AA", country: "GB" };

describe.each(MODES)("invoices in %s", (mode) => {
  const namespace = freshNamespace();
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let goods: Goods;

  beforeAll(async () => {
    shop = await startShop(mode, { SHOP_TAX: "VAT 20", SHOP_COUNTRY: "GB", NAMESPACE: namespace });
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
    goods = await newGoods(staff, 100);
  }, 60_000);
  afterAll(() => shop?.stop());

  async function bought(changes: object = {}): Promise<string> {
    const body = { ...orderOf(buyer, goods, 3), shippingAddress: HOME, ...changes };
    const { body: order } = await buyer.post("/orders", body, WAIT);
    expect(order).toMatchObject({ status: "paid", tax: 10, taxLines: [{ name: "VAT", rate: 20, amount: 10 }] });
    return order.orderId;
  }

  const there = (path: string) =>
    eventually(async () => {
      const answer = await buyer.get(path);
      expect(answer.status).toBe(200);
      return answer;
    });

  async function bytesOf(path: string, accept: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${shop.url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${buyer.token}`, accept, ...headers },
    });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  }

  test("are there as JSON, as PDF and as XML, each with an ETag of its own", async () => {
    const billingAddress = { ...HOME, street: "2 Office Park" };
    const path = `/orders/${await bought({ billingAddress })}/invoice`;
    const { body, headers } = await there(path);
    expect(body).toMatchObject({
      number: expect.stringMatching(/^INV-GB-\d{4}-\d{6}$/),
      buyer: { name: "Ada Buyer", address: billingAddress },
      ...{ net: 50, tax: [{ name: "VAT", rate: 20, amount: 10 }], total: 60, currency: "USD" },
      payments: [{ type: "card", last4: "4242", amount: 60 }],
    });
    expect(headers.get("vary")).toBe("Accept, Accept-Encoding");
    const pdf = await bytesOf(path, "application/pdf");
    expect(pdf.status).toBe(200);
    expect(Object.fromEntries(pdf.headers)).toMatchObject({
      "content-type": "application/pdf",
      "content-length": String(pdf.bytes.length),
      "content-disposition": `inline; filename="${body.number}.pdf"`,
      vary: "Accept, Accept-Encoding",
      "cache-control": "private, no-cache",
    });
    expect(pdf.bytes.subarray(0, 8).toString("latin1")).toBe("%PDF-1.7");
    expect(pdf.bytes.subarray(-6).toString("latin1")).toBe("%%EOF\n"); // nothing was lost or changed on the way
    expect(pdf.bytes[10]).toBeGreaterThan(127); // bytes that are no text
    const again = await bytesOf(path, "application/pdf");
    expect(again.bytes.equals(pdf.bytes)).toBe(true);
    const tags = [headers.get("etag"), pdf.headers.get("etag")];
    expect(new Set(tags).size).toBe(2);
    const held = await bytesOf(path, "application/pdf", { "if-none-match": tags[1] ?? "" });
    expect([held.status, held.bytes.length]).toEqual([304, 0]);
    expect((await bytesOf(path, "application/pdf", { "if-none-match": tags[0] ?? "" })).status).toBe(200);
    const xml = await bytesOf(path, "application/xml");
    expect(xml.headers.get("content-type")).toBe("application/xml; charset=utf-8");
    expect(xml.bytes.toString()).toContain(`<ram:ID>${body.number}</ram:ID>`);
  });

  test("are not there in other formats, or for others", async () => {
    const path = `/orders/${await bought()}/invoice`;
    await there(path);
    expect(await buyer.get(path, { accept: "text/csv" })).toMatchObject({
      status: 406,
      body: {
        code: "NOT_ACCEPTABLE",
        detail: "It is available as application/json, application/pdf, application/xml.",
      },
    });
    const stranger = await newCustomer(shop);
    for (const accept of ["application/json", "application/pdf"]) {
      expect(await stranger.get(path, { accept })).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
      expect(await new Client(shop).get(path, { accept })).toMatchObject({ status: 401 });
    }
    expect((await staff.get(path)).status).toBe(200);
    expect(await buyer.get("/orders/ord_nowhere/invoice")).toMatchObject({ status: 404 });
  });

  test("have a credit note for each refund, whose taxes add up to that of the invoice", async () => {
    const orderId = await bought();
    await there(`/orders/${orderId}/invoice`);
    const { body } = await buyer.get(`/orders/${orderId}?expand=payment`);
    const { paymentId } = body.payment;
    for (const amount of [0.01, 19.99])
      await staff.post(`/payments/${paymentId}/refund`, { amount, reason: "unhappy" });
    await buyer.post(`/orders/${orderId}/cancel`);
    const notes = await eventually(async () => {
      const { creditNotes } = (await buyer.get(`/orders/${orderId}/credit-notes`)).body;
      expect(creditNotes).toHaveLength(3);
      return creditNotes as { number: string; total: number; tax: { amount: number }[] }[];
    });
    expect(notes.map(({ total, tax }) => [total, tax[0]?.amount])).toEqual([
      [0.01, 0],
      [19.99, 3.33],
      [40, 6.67],
    ]);
    const path = `/orders/${orderId}/credit-notes/${notes[2]?.number}`;
    expect((await buyer.get(path)).body).toEqual(notes[2]);
    const pdf = await bytesOf(path, "application/pdf");
    expect(pdf.bytes.subarray(0, 5).toString()).toBe("%PDF-");
    expect((await bytesOf(path, "application/xml")).bytes.toString()).toContain("<ram:TypeCode>381</ram:TypeCode>");
  });

  test("are open to guests with the token of their order", async () => {
    const guest = new Client(shop);
    const cart = await guest.post("/carts", {});
    const cartToken = { "x-cart-token": cart.body.cartToken };
    const { productId, sku } = goods;
    await guest.post(`/carts/${cart.body.cartId}/items`, { productId, sku, quantity: 1 }, cartToken);
    const purchase = {
      ...{
        cartId: cart.body.cartId,
        email: "guest@example.com",
        shippingAddress: HOME,
        paymentMethodId: "pm_card_visa",
      },
      billingAddress: { ...HOME, city: "York" },
    };
    const { body: order } = await guest.post("/checkout", purchase, { ...cartToken, ...WAIT });
    const repeated = await guest.post("/checkout", purchase, { ...cartToken, ...WAIT });
    expect(repeated.body.orderId).toBe(order.orderId);
    const elsewhere = await guest.post("/checkout", { ...purchase, billingAddress: HOME }, cartToken);
    expect(elsewhere).toMatchObject({ status: 409, body: { code: "CART_CHECKED_OUT" } });
    const path = `/orders/${order.orderId}/invoice`;
    const token = { "x-order-token": order.orderToken };
    const answer = await eventually(async () => {
      const found = await guest.get(path, token);
      expect(found.status).toBe(200);
      return found;
    });
    expect(answer.body.buyer).toMatchObject({ name: "guest@example.com", address: { city: "York" } });
    expect(await guest.get(path)).toMatchObject({ status: 401 });
    expect((await guest.get(`/orders/${order.orderId}/credit-notes`, token)).body).toMatchObject({ creditNotes: [] });
  });

  test("are complete, and `npm run verify` says so, and what is not", async () => {
    const check = async () => {
      const findings = await verify({ server: postgresUrl(), namespace, graceSeconds: 0, listeners: new Map() });
      return Object.fromEntries(
        findings
          .filter(({ invariant }) => invariant.startsWith("billing."))
          .map(({ invariant, outcome, checked }) => [
            invariant.slice("billing.".length),
            checked > 0 ? outcome : "unseen",
          ]),
      );
    };
    await eventually(async () =>
      expect(await check()).toEqual({ numbers: "holds", invoiced: "holds", credited: "holds", published: "holds" }),
    );
    const place = placeOf("billing", { server: postgresUrl(), namespace, layout: "schemas" });
    await withDatabase(place, async (db) => {
      await db.query("ALTER TABLE document DISABLE TRIGGER USER");
      const without =
        "DELETE FROM document WHERE document_id = (SELECT min(document_id) FROM document WHERE kind = 'invoice' AND position = 2)";
      await db.query(without);
    });
    expect(await check()).toMatchObject({ numbers: "violated", invoiced: "violated", published: "violated" });
  });
});

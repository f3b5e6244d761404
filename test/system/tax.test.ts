import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { placeOf } from "#lib/sql/data-place.ts";
import { ADDRESS, Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { type Shop, startShop } from "#test/support/shop.ts";
import { withDatabase } from "#tools/service-database.ts";
import { verify } from "#tools/verify/verify.ts";

// A German shop, whose prices include the tax in Europe and not in the United States. The tests share its books.

const WAIT = { prefer: "wait=10" };
const namespace = freshNamespace();
let shop: Shop;
let staff: Client;
let buyer: Client;
let goods: Goods;

beforeAll(async () => {
  shop = await startShop("one process", { SHOP_COUNTRY: "DE", SHOP_TAX_ID: "DE136695976", NAMESPACE: namespace });
  staff = await staffMember(shop);
  buyer = await newCustomer(shop);
  goods = await newGoods(staff, 100, 20);
}, 60_000);
afterAll(() => shop?.stop());

const rate = (country: string, name: string, percent: number, zone: object = {}) =>
  staff.post("/tax/rates", { country, name, rate: percent, ...zone });

const home = (country: string, change: object = {}) => ({
  ...{ street: "1 Main Street", city: "Somewhere", state: "", zipCode: "10115", country },
  ...change,
});
const NEW_YORK = home("US", { state: "NY", zipCode: "10001" });

const there = (path: string) =>
  eventually(async () => {
    const answer = await buyer.get(path);
    expect(answer.status).toBe(200);
    return answer.body;
  });

async function checkedOut(shippingAddress: object, quantity: number, change: object = {}) {
  const { body: cart } = await buyer.post("/carts", {});
  await buyer.post(`/carts/${cart.cartId}/items`, { productId: goods.productId, quantity });
  const body = { cartId: cart.cartId, shippingAddress, paymentMethodId: "pm_card_visa", ...change };
  const { status, body: receipt } = await buyer.post("/checkout", body, WAIT);
  return { status, receipt, cartId: cart.cartId as string };
}

test("a shop without rates has no taxes anywhere, and one begins with the first rate", async () => {
  expect((await staff.get("/tax/settings")).body).toEqual({
    pricesInclude: {},
    pricesIncludeElsewhere: false,
    roundPer: "order",
  });
  const { receipt, cartId } = await checkedOut(home("DE"), 1);
  expect(receipt).toMatchObject({ status: "paid", totalAmount: 20 });
  expect(receipt).not.toHaveProperty("tax");
  expect((await buyer.get(`/carts/${cartId}`)).body.totals).toEqual({ subtotal: 20, total: 20 });

  const made = await rate("DE", "MwSt", 19);
  expect(made).toMatchObject({ status: 201, body: { country: "DE", category: "standard", name: "MwSt", rate: 19 } });
  const { rateId } = made.body;
  expect((await staff.get(`/tax/rates/${rateId}`)).body).toEqual(made.body);
  expect((await staff.put(`/tax/rates/${rateId}`, { country: "DE", name: "MwSt", rate: 18 })).body.rate).toBe(18);
  await staff.delete(`/tax/rates/${rateId}`);
  expect(await staff.get(`/tax/rates/${rateId}`)).toMatchObject({ status: 404 });
  const settings = { pricesInclude: { US: false }, pricesIncludeElsewhere: true };
  expect((await staff.put("/tax/settings", settings)).body).toEqual({ ...settings, roundPer: "order" });
  for (const [country, name, percent, zone] of [
    ["DE", "MwSt", 19, {}],
    ["FR", "TVA", 20, {}],
    ["US", "NY State", 4, { state: "NY" }],
    ["US", "NY City", 4.875, { state: "NY", zip: "100*" }],
  ] as const)
    expect((await rate(country, name, percent, zone)).status).toBe(201);
  const { body: listed } = await staff.get("/tax/rates?country=US");
  expect(listed.rates.map(({ name }: { name: string }) => name)).toEqual(["NY State", "NY City"]);
});

test.each([
  ["/rate", { rate: 1.00001 }],
  ["/rate", { rate: 101 }],
  ["/zip", { zip: "9-1" }],
  ["/validTo", { validFrom: "2026-02-01T00:00:00Z", validTo: "2026-01-01T00:00:00Z" }],
  ["/validFrom", { validFrom: "2026-02-30T00:00:00Z" }],
  ["/country", { country: "XX" }],
])("a rate with a wrong %s is refused", async (path, wrong) => {
  const answer = await staff.post("/tax/rates", { country: "DE", name: "MwSt", rate: 19, ...wrong });
  expect(answer).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ path })] } });
});

test("only staff who set prices see and change rates", async () => {
  for (const path of ["/tax/rates", "/tax/settings", `/customers/${buyer.customerId}/tax-exemptions`]) {
    expect((await buyer.get(path)).status).toBe(403);
  }
  expect((await buyer.post("/tax/rates", { country: "DE", name: "MwSt", rate: 19 })).status).toBe(403);
});

test("taxes that prices do not include are charged, invoiced, credited and booked beside them", async () => {
  const { body: cart } = await buyer.post("/carts", {});
  await buyer.post(`/carts/${cart.cartId}/items`, { productId: goods.productId, quantity: 3 });
  const { body: shown } = await buyer.get(`/carts/${cart.cartId}?country=US&state=NY&zipCode=10001`);
  const taxLines = [
    { name: "NY State", rate: 4, amount: 2.4, included: false },
    { name: "NY City", rate: 4.875, amount: 2.93, included: false },
  ];
  expect(shown.totals).toEqual({ subtotal: 60, tax: 5.33, taxLines, total: 65.33 });
  const changed = await buyer.patch(`/carts/${cart.cartId}/items/${shown.items[0].itemId}`, { quantity: 2 });
  expect(changed.body.totals).toMatchObject({ subtotal: 40, tax: 3.55, total: 43.55 });

  const order = { cartId: cart.cartId, shippingAddress: NEW_YORK, paymentMethodId: "pm_card_visa" };
  const { body: receipt } = await buyer.post("/checkout", order, WAIT);
  expect(receipt).toMatchObject({ status: "paid", subtotal: 40, tax: 3.55, totalAmount: 43.55 });
  const { orderId } = receipt;
  const { body: seen } = await buyer.get(`/orders/${orderId}?expand=payment`);
  expect(seen.payment).toMatchObject({ status: "captured", capturedAmount: 43.55 });
  expect(seen.items[0].tax).toEqual([
    { name: "NY State", rate: 4, amount: 1.6 },
    { name: "NY City", rate: 4.875, amount: 1.95 },
  ]);
  const invoice = await there(`/orders/${orderId}/invoice`);
  expect(invoice).toMatchObject({ net: 40, total: 43.55, lines: [{ unitPrice: 20, total: 40 }] });
  expect(invoice.tax.map(({ amount }: { amount: number }) => amount)).toEqual([1.6, 1.95]);
  // EN 16931 knows one tax on a line; the PDF does not need it.
  expect((await buyer.get(`/orders/${orderId}/invoice`, { accept: "application/xml" })).status).toBe(406);

  await staff.post(`/payments/${seen.payment.paymentId}/refund`, { amount: 10, reason: "damaged" });
  const [note] = await eventually(async () => {
    const { creditNotes } = (await buyer.get(`/orders/${orderId}/credit-notes`)).body;
    expect(creditNotes).toHaveLength(1);
    return creditNotes;
  });
  expect(note).toMatchObject({
    total: 10,
    net: 9.18,
    tax: [{ amount: 0.37 }, { amount: 0.45 }],
    lines: [{ total: 9.18 }],
  });
  await eventually(async () => {
    const { body: trial } = await staff.get("/ledger/trial-balance?currency=USD");
    expect(trial.accounts).toEqual(
      expect.arrayContaining([
        { account: "tax:NY State", debit: 0, credit: 1.23 },
        { account: "tax:NY City", debit: 0, credit: 1.5 },
      ]),
    );
  });
});

test("taxes that prices include are told, in the cart for the shop's own country", async () => {
  const { receipt, cartId } = await checkedOut(home("DE"), 2);
  const taxLines = [{ name: "MwSt", rate: 19, amount: 6.39, included: true }];
  expect(receipt).toMatchObject({ totalAmount: 40, subtotal: 40, tax: 6.39, taxLines });
  expect((await buyer.get(`/carts/${cartId}`)).body.totals).toEqual({ subtotal: 40, tax: 6.39, taxLines, total: 40 });
  const invoice = await there(`/orders/${receipt.orderId}/invoice`);
  expect(invoice).toMatchObject({ net: 33.61, total: 40, tax: taxLines });
  const { body: xml } = await buyer.get(`/orders/${receipt.orderId}/invoice`, { accept: "application/xml" });
  expect(xml).toContain("<ram:RateApplicablePercent>19</ram:RateApplicablePercent>");
});

test("a guest's cart and order have the taxes of a customer's", async () => {
  const guest = new Client(shop);
  const { body: cart } = await guest.post("/carts", {});
  const token = { "x-cart-token": cart.cartToken };
  const path = `/carts/${cart.cartId}`;
  const { body: added } = await guest.post(`${path}/items`, { productId: goods.productId, quantity: 2 }, token);
  expect(added.totals).toMatchObject({ subtotal: 40, tax: 6.39, total: 40 });
  const { body: shown } = await guest.get(`${path}?country=US&state=NY&zipCode=10001`, token);
  expect(shown.totals).toMatchObject({ subtotal: 40, tax: 3.55, total: 43.55 });
  const buys = { email: "guest@example.com", shippingAddress: NEW_YORK, paymentMethodId: "pm_card_visa" };
  const order = { cartId: cart.cartId, ...buys };
  const { body: receipt } = await guest.post("/checkout", order, { ...token, ...WAIT });
  expect(receipt).toMatchObject({ status: "paid", subtotal: 40, tax: 3.55, totalAmount: 43.55 });
});

test("a business of another member state pays no tax and accounts for it itself", async () => {
  const wrong = await checkedOut(home("FR"), 2, { taxId: "FR40303265046" });
  expect(wrong).toMatchObject({ status: 422, receipt: { errors: [{ path: "/taxId" }] } });

  const { receipt } = await checkedOut(home("FR"), 3, { taxId: "FR 403 0326 5045" });
  const taxLines = [{ name: "TVA", rate: 0, amount: 0, takenOff: 10, included: false, reason: "reverseCharge" }];
  const taxId = { number: "FR40303265045", checked: "format" };
  expect(receipt).toMatchObject({ subtotal: 60, tax: 0, totalAmount: 50, taxLines, taxId });
  const invoice = await there(`/orders/${receipt.orderId}/invoice`);
  expect(invoice).toMatchObject({ net: 50, total: 50, tax: taxLines, buyer: { taxId: "FR40303265045" } });
  const { body: xml } = await buyer.get(`/orders/${receipt.orderId}/invoice`, { accept: "application/xml" });
  expect(xml).toContain("<ram:ExemptionReason>Reverse charge</ram:ExemptionReason>");
  expect(xml).toContain('<ram:ID schemeID="VA">FR40303265045</ram:ID>');
  const pdf = await buyer.get(`/orders/${receipt.orderId}/invoice`, { accept: "application/pdf" });
  expect(pdf.status).toBe(200);

  const consumer = await buyer.post("/orders", { ...orderOf(buyer, goods, 3), shippingAddress: home("FR") }, WAIT);
  expect(consumer.body).toMatchObject({ totalAmount: 60, tax: 10, taxLines: [{ name: "TVA", rate: 20 }] });
  const exported = await buyer.post("/orders", { ...orderOf(buyer, goods), shippingAddress: home("CH") }, WAIT);
  expect(exported.body).toMatchObject({ totalAmount: 20, tax: 0, taxLines: [{ reason: "export" }] });
});

test("a certificate frees a customer until it ends or is deleted", async () => {
  const path = `/customers/${buyer.customerId}/tax-exemptions`;
  const until = (validUntil: string) =>
    staff.post(path, { country: "US", state: "NY", certificate: "ST-119-0042", validUntil });
  const ended = await until("2020-01-01T00:00:00Z");
  expect(ended.body.valid).toBe(false);
  const order = { ...orderOf(buyer, goods, 2), shippingAddress: NEW_YORK };
  expect((await buyer.post("/orders", order, WAIT)).body).toMatchObject({ totalAmount: 43.55 });
  const { body: held } = await until("2099-01-01T00:00:00Z");
  expect((await buyer.post("/orders", order, WAIT)).body).toMatchObject({
    ...{ totalAmount: 40, tax: 0 },
    taxLines: [
      { name: "NY State", rate: 0, amount: 0, included: false, reason: "exempt" },
      { name: "NY City", rate: 0, amount: 0, included: false, reason: "exempt" },
    ],
  });
  const elsewhere = { ...order, shippingAddress: { ...ADDRESS, country: "DE" } };
  expect((await buyer.post("/orders", elsewhere, WAIT)).body).toMatchObject({ tax: 6.39 });
  expect((await staff.get(path)).body.exemptions).toEqual([ended.body, held]);
  expect((await staff.delete(`${path}/${held.exemptionId}`)).status).toBe(204);
  expect((await buyer.post("/orders", order, WAIT)).body).toMatchObject({ totalAmount: 43.55 });
});

test("the books of all of this agree, and what is booked or charged otherwise is found", async () => {
  const wrong = async () => {
    const findings = await verify({ server: postgresUrl(), namespace, graceSeconds: 1, listeners: new Map() });
    expect(findings.find(({ invariant }) => invariant === "ledger.taxes")?.checked).toBeGreaterThan(0);
    return findings
      .filter(({ invariant, outcome }) => /^(orders|billing|ledger)\./.test(invariant) && outcome !== "holds")
      .map(({ invariant }) => invariant);
  };
  await eventually(async () => expect(await wrong()).toEqual([]));
  const change = (service: string, sql: string) =>
    withDatabase(placeOf(service, { server: postgresUrl(), namespace, layout: "schemas" }), (db) => db.query(sql));
  await change("ledger", "ALTER TABLE line DISABLE TRIGGER USER");
  await change("ledger", "UPDATE line SET account = 'sales' WHERE account = 'tax:NY City'");
  expect(await wrong()).toContain("ledger.taxes");
  await change("orders", "UPDATE orders SET line_taxes = '[]' WHERE taxes::text LIKE '%NY City%'");
  await change("orders", "UPDATE orders SET taxes = replace(taxes::text, '639', '640')::json WHERE taxes IS NOT NULL");
  expect(await wrong()).toEqual(expect.arrayContaining(["orders.taxes", "billing.invoiced"]));
}, 90_000);

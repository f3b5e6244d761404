import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client, type Goods, newCustomer, newGoods, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

describe.each(MODES)("selling in the shop of %s", (mode) => {
  let shop: Shop;
  let staff: Client;
  let owner: Client;
  let goods: Goods;

  beforeAll(async () => {
    shop = await startShop(mode);
    staff = await staffMember(shop);
    owner = await newCustomer(shop);
    goods = await newGoods(staff, 10, 20);
  }, 60_000);
  afterAll(() => shop?.stop());

  const bytesOf = (path: string, client: Client, options: RequestInit = {}) =>
    fetch(`${shop.url}/api/v1${path}`, {
      ...options,
      headers: { authorization: `Bearer ${client.token}`, ...(options.headers as Record<string, string>) },
    });

  test("a customer applies, is checked, offers, is hidden at once, and reads a statement", async () => {
    const profile = { name: "Nordic Wood", email: "hello@nordic-wood.example", country: "DK" };
    const { body: applied } = await owner.post("/sellers", profile);
    expect(applied).toEqual({ sellerId: expect.stringMatching(/^seller_/), status: "applied" });
    const own = `/sellers/${applied.sellerId}`;
    expect((await (await newCustomer(shop)).get(own)).status).toBe(404);

    // More than one part, so that it comes back in parts, too.
    const document = Buffer.concat([Buffer.from("%PDF-1.4\n"), Buffer.alloc(700_000, "identity ")]);
    let documentId = "";
    for (const type of ["identity", "registration"]) {
      const headers = { "content-type": "application/pdf" };
      const sent = await bytesOf(`${own}/documents?type=${type}`, owner, { method: "POST", headers, body: document });
      expect(sent.status).toBe(201);
      documentId = ((await sent.json()) as { documentId: string }).documentId;
    }
    expect((await bytesOf(`${own}/documents/${documentId}`, owner)).status).toBe(403);
    const read = await bytesOf(`${own}/documents/${documentId}`, staff);
    expect(Buffer.from(await read.arrayBuffer()).equals(document)).toBe(true);

    await owner.post(`${own}/submit`);
    await eventually(async () => expect((await owner.get(own)).body.status).toBe("approved"));
    const terms = { price: 18.5, currency: "USD", stock: 3, handlingDays: 2 };
    expect((await owner.put(`${own}/offers/${goods.sku}`, terms)).body).toMatchObject(terms);
    const offers = async () => {
      const { body } = await new Client(shop).get(`/products/${goods.productId}/offers`);
      return body.offers.map(({ sellerName, price }: { sellerName?: string; price: number }) => [sellerName, price]);
    };
    expect(await offers()).toEqual([
      ["Nordic Wood", 18.5],
      [undefined, 20],
    ]);
    expect((await staff.post(`${own}/suspend`, { reason: "complaints" })).body.status).toBe("suspended");
    // The signal that empties the edge's cache may come a moment after the answer.
    await eventually(async () => expect(await offers()).toEqual([[undefined, 20]]));

    const statement = `${own}/statements?period=${new Date().toISOString().slice(0, 7)}`;
    expect((await owner.get(statement)).body).toMatchObject({ opening: 0, lines: [], closing: 0, currency: "USD" });
    const csv = await bytesOf(statement, owner, { headers: { accept: "text/csv" } });
    expect(await csv.text()).toMatch(/^at,kind,/);
    const pdf = await bytesOf(statement, owner, { headers: { accept: "application/pdf" } });
    expect(
      Buffer.from(await pdf.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe("%PDF-");
    expect((await owner.get(`${own}/balance`)).body).toEqual({
      ...{ sellerId: applied.sellerId, pending: 0, available: 0, currency: "USD" },
    });
    expect((await owner.put("/commission-rules", { percent: 10 })).status).toBe(403);
    expect((await staff.put("/commission-rules", { percent: 10 })).body).toEqual({ percent: 10 });
  }, 60_000);
});

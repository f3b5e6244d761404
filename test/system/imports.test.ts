import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Client, newCustomer, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

const ROWS = 4_000;
const GONE_NODE_MS = 30_000; // until it is noticed that a node is gone, and the next one has started
const CSV = { "content-type": "text/csv" };

/** Products with line breaks in their descriptions, so that rows cross parts. */
function fileOf(rows: number): string {
  const lines = Array.from(
    { length: rows },
    (_, n) =>
      `thing-${n},Thing ${n},things,all>half-${n % 2},"${"Line\n".repeat(40)}",THING-${n},${n + 1}.50,${n % 7}\n`,
  );
  return `slug,title,brand,categories,description,sku,price,attribute:grade\n${lines.join("")}`;
}

describe.each(["one process", "cluster"] as const)("a file of products: %s", (mode) => {
  let shop: Shop;
  let staff: Client;

  beforeAll(async () => {
    shop = await startShop(mode);
    staff = await staffMember(shop);
  }, 60_000);

  afterAll(() => shop?.stop(), 60_000);

  const send = (client: Client, body: string, headers = CSV) =>
    client.send("POST", "/imports/products?create=brands,categories", { body, headers });
  /** Sends a file again while the shop is too busy to take it, as its answer asks for. */
  const sendAgain = (body: string) =>
    eventually(async () => {
      const answer = await send(staff, body);
      expect([answer.status, answer.body]).toEqual([202, { importId: expect.stringMatching(/^imp_/) }]);
      return answer.body.importId as string;
    });

  test("is imported over HTTP although its node is killed, and can be exported again", async () => {
    const file = fileOf(ROWS);
    expect(file.length).toBeGreaterThan(524_288);
    const importId = await sendAgain(file);
    const read = async () => (await staff.get(`/imports/${importId}`)).body;
    await eventually(async () => expect((await read()).done).toBeGreaterThan(0));
    const victim = shop.node(mode === "cluster" ? "east" : "shop");
    await victim.end("SIGKILL");
    victim.start();
    await shop.ready();
    // The gateway calls the dead node until its heartbeat is overdue. The lease of its work ends before another one goes on.
    const stream = await eventually(async () => {
      const opened = await staff.get(`/imports/${importId}/stream`);
      expect(opened.headers.get("content-type")).toContain("text/event-stream");
      return opened;
    }, GONE_NODE_MS);
    expect(stream.body).toContain(`"step":"end","status":"finished","rows":${ROWS},"done":${ROWS},"failed":0`);
    expect(await read()).toMatchObject({
      status: "finished",
      rows: ROWS,
      done: ROWS,
      failed: 0,
      percent: 100,
      errors: [],
    });
    const { body: list } = await staff.get("/products?category=all&brand=things&limit=1");
    expect(list.pagination.total).toBe(ROWS);
    expect(list.products[0]).toMatchObject({ price: { currency: "USD" } });

    const exported = await staff.get("/exports/products");
    expect(exported.status).toBe(200);
    expect(exported.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const titles = new Set((exported.body as string).match(/^thing-\d+,Thing \d+/gm));
    expect(titles.size).toBe(ROWS);
    const shopify = await staff.get("/exports/products?format=shopify");
    expect(shopify.body.slice(0, 30)).toBe("Handle,Title,Body (HTML),Vendo");
    // What was exported is what the shop has: to import it changes nothing.
    const again = await sendAgain(exported.body);
    const end = await staff.get(`/imports/${again}/stream`);
    expect(end.body).toContain(`"status":"finished"`);
    expect((await staff.get(`/imports/${again}`)).body).toMatchObject({ failed: 0, errors: [] });
    expect((await staff.get("/exports/products")).body).toBe(exported.body);
  });

  test("is refused from others, in other types, and with other parameters", async () => {
    const customer = await newCustomer(shop);
    const file = "slug,title,sku\nx,X,X\n";
    expect((await send(customer, file)).status).toBe(403);
    expect((await send(staff, "a,b\n1,2\n")).body).toMatchObject({
      status: 422,
      detail: expect.stringContaining("slug"),
    });
    expect((await send(staff, file, { "content-type": "application/json" })).status).toBe(415);
    expect((await customer.get("/exports/products")).status).toBe(403);
    expect((await staff.get("/exports/products?next=x")).status).toBe(422);
    expect((await staff.get("/imports/imp_unknown")).status).toBe(404);
    expect((await staff.get("/imports?limit=1")).body.imports).toHaveLength(1);
  });
});

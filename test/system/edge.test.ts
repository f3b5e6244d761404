import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { ADDRESS, Client, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

describe("the edge", () => {
  let shop: Shop;
  let guest: Client;
  let buyer: Client;
  let staff: Client;

  beforeAll(async () => {
    shop = await startShop("this process");
    guest = new Client(shop);
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
  }, 60_000);

  afterAll(() => shop?.stop());

  test.each([
    ["malformed JSON", 400, "MALFORMED_JSON", () => guest.send("POST", "/carts", { body: "{" })],
    [
      "a body nested 40,000 deep",
      400,
      "BAD_REQUEST",
      () => guest.send("POST", "/carts", { body: `{"a":${"[".repeat(40_000)}${"]".repeat(40_000)}}` }),
    ],
    ["a body that is not an object", 422, "VALIDATION_FAILED", () => guest.post("/carts", [1])],
    [
      "a __proto__ key",
      422,
      "VALIDATION_FAILED",
      () => guest.send("POST", "/auth/login", { body: '{"email":"a@b.co","password":"x","__proto__":{"admin":true}}' }),
    ],
    [
      "an unknown field",
      422,
      "VALIDATION_FAILED",
      () => guest.post("/auth/login", { email: "a@b.co", password: "some-password", admin: true }),
    ],
    ["a wrong type", 422, "VALIDATION_FAILED", () => guest.post("/auth/login", { email: "a@b.co", password: 5 })],
    ["no token", 401, "UNAUTHENTICATED", () => guest.get(`/customers/${buyer.customerId}`)],
    ["a bad token", 401, "UNAUTHENTICATED", () => guest.send("POST", "/carts", { token: "a.b.c" })],
    [
      "a wrong password",
      401,
      "INVALID_CREDENTIALS",
      () => guest.post("/auth/login", { email: "demo@example.com", password: "not-the-password" }),
    ],
    [
      "a customer where staff is needed",
      403,
      "FORBIDDEN",
      () => buyer.post("/products", { title: "x", slug: "x", variants: [{ sku: "x" }] }),
    ],
    ["somebody else's profile", 404, "NOT_FOUND", () => buyer.get("/customers/cust_somebody_else")],
    ["an unknown path", 404, "NOT_FOUND", () => guest.get("/nowhere")],
    ["an internal action", 404, "NOT_FOUND", () => guest.post("/pricing/prices", { skus: ["A"], currency: "USD" })],
    ["a page size above the maximum", 422, "VALIDATION_FAILED", () => guest.get("/products?limit=101")],
    ["an unknown filter", 422, "VALIDATION_FAILED", () => guest.get("/products?colour=red")],
    ["a page that is no number", 422, "VALIDATION_FAILED", () => guest.get("/products?page=one")],
    ["an unknown expansion", 422, "VALIDATION_FAILED", () => buyer.get("/orders/ord_x?expand=secrets")],
    ["too many digits", 422, "VALIDATION_FAILED", () => staff.put("/prices/ABC", { amount: 1.234, currency: "USD" })],
    [
      "a key that is too long",
      422,
      "VALIDATION_FAILED",
      () => guest.post("/carts", {}, { "idempotency-key": "k".repeat(256) }),
    ],
    [
      "another content type",
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      () => guest.send("POST", "/carts", { body: "a=1", headers: { "content-type": "text/plain" } }),
    ],
    [
      "a body over the limit",
      413,
      "BODY_TOO_LARGE",
      () => guest.send("POST", "/carts", { body: JSON.stringify({ a: "x".repeat(1_100_000) }) }),
    ],
  ] as const)("%s is a %i %s", async (_what, status, code, request) => {
    const answer = await request();
    expect(answer.body).toMatchObject({ status, code, type: `/problems/${code.toLowerCase().replaceAll("_", "-")}` });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer.body.requestId).toBe(answer.headers.get("x-request-id"));
    expect(JSON.stringify(answer.body)).not.toMatch(/at .*\.ts|SELECT|INSERT/);
    if (status === 422) expect(answer.body.errors?.length ?? 1).toBeGreaterThan(0);
  });

  test("a wrong method is a 405 that names the allowed ones", async () => {
    const answer = await guest.send("DELETE", "/auth/login");
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
  });

  test("an X-Request-Id of safe characters is used, another one is replaced", async () => {
    expect((await guest.get("/products", { "x-request-id": "my-id-1" })).headers.get("x-request-id")).toBe("my-id-1");
    const made = (await guest.get("/products", { "x-request-id": "<script>" })).headers.get("x-request-id");
    expect(made).toMatch(/^req_/);
    const document = await fetch(`${shop.url}/openapi.json`, { headers: { "x-request-id": "my-id-2" } });
    expect(document.headers.get("x-request-id")).toBe("my-id-2");
  });

  test("catalogue reads have an ETag, and a client that has the current response gets 304", async () => {
    const first = await guest.get("/products?limit=5");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"/);
    const second = await guest.get("/products?limit=5", { "if-none-match": etag });
    expect([second.status, second.body]).toEqual([304, ""]);
  });

  test("a changed price is visible at once, in spite of the cache", async () => {
    const goods = await newGoods(staff, 1, 10);
    const price = async () => (await guest.get(`/products/${goods.productId}`)).body.price.amount;
    expect(await price()).toBe(10);
    await staff.put(`/prices/${goods.sku}`, { amount: 11, currency: "USD" });
    expect(await price()).toBe(11);
  });

  test("a list has a page and the total, and a cursor reads on", async () => {
    const { body } = await guest.get("/products?page=2&limit=3");
    expect(body.products).toHaveLength(3);
    const { next, ...pagination } = body.pagination;
    expect(pagination).toEqual({ page: 2, limit: 3, total: expect.any(Number) });
    const after = await guest.get(`/products?cursor=${next}&limit=3`);
    expect(after.body.products).toEqual((await guest.get("/products?page=3&limit=3")).body.products);
    expect(after.body.pagination).not.toHaveProperty("total");
    const refused = await guest.get(`/products?cursor=${next}&sort=title`);
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: "/cursor" }] } });
    expect(Object.keys(body.products[0]).sort()).toEqual(
      ["availability", "brand", "categories", "images", "price", "productId", "slug", "title", "variants"].sort(),
    );
  });

  test("tokens are signed with RS256 and can be verified with the published keys", async () => {
    const token = buyer.token ?? "";
    expect(decodeProtectedHeader(token).alg).toBe("RS256");
    const keys = createRemoteJWKSet(new URL(`${shop.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(token, keys);
    expect(payload.sub).toBe(buyer.customerId);
  });

  test("the documents describe the API, and the reference page loads nothing from other hosts", async () => {
    const openapi = (await (await fetch(`${shop.url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, object>;
    };
    expect(openapi.openapi).toMatch(/^3\.1/);
    for (const path of [
      "/orders",
      "/orders/{orderId}",
      "/orders/{orderId}/stream",
      "/customers/{customerId}/addresses/{addressId}",
      "/payments/{paymentId}/refund",
      "/checkout",
      "/prices:batch",
    ]) {
      expect(openapi.paths).toHaveProperty([path]);
    }
    const asyncapi = (await (await fetch(`${shop.url}/asyncapi.json`)).json()) as {
      asyncapi: string;
      channels: Record<string, object>;
    };
    expect(asyncapi.asyncapi).toBe("3.0.0");
    expect(Object.keys(asyncapi.channels)).toEqual(
      expect.arrayContaining(["customer.events", "orders.events", "payments.events"]),
    );
    const page = await (await fetch(`${shop.url}/docs`)).text();
    const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url as string);
    for (const asset of assets) expect((await fetch(`${shop.url}${asset}`)).status).toBe(200);
    expect(assets.length).toBeGreaterThan(3);
  });

  test("invalid orders change nothing, and the response says which fields are wrong", async () => {
    const goods = await newGoods(staff, 5);
    const good = orderOf(buyer, goods);
    const line = good.items[0];
    const bad = [
      { ...good, items: [] },
      { ...good, items: [{ ...line, quantity: 0 }] },
      { ...good, items: [{ ...line, quantity: 1.5 }] },
      { ...good, items: [{ ...line, quantity: 100_001 }] },
      { ...good, items: [{ ...line, price: 20.001 }] },
      { ...good, items: Array.from({ length: 251 }, () => line) },
      { ...good, shippingAddress: { ...ADDRESS, city: undefined } },
      { ...good, items: [{ ...line, productId: "prod_nothing" }] },
      { ...good, currency: "dollars" },
    ];
    for (const body of bad) {
      const answer = await buyer.post("/orders", body);
      expect(answer.status).toBe(422);
      expect(answer.body.errors[0]).toMatchObject({ path: expect.stringMatching(/^\//), message: expect.any(String) });
    }
    expect((await buyer.get(`/customers/${buyer.customerId}/orders`)).body.pagination.total).toBe(0);
  });

  test("a client that disconnects in the middle of a body does not affect others", async () => {
    const { port, hostname } = new URL(shop.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          "POST /api/v1/carts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
        );
        setTimeout(() => {
          socket.destroy();
          resolve();
        }, 50);
      });
    });
    expect((await guest.post("/carts", {})).status).toBe(201);
  });

  test("HEAD is answered like GET without a body, and CORS allows browsers", async () => {
    const head = await guest.send("HEAD", "/products");
    expect([head.status, head.body]).toEqual([200, ""]);
    const preflight = await guest.send("OPTIONS", "/orders", {
      headers: { origin: "https://shop.example", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBeLessThan(300);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("X-Cart-Token");
  });
});

describe("rate limits", () => {
  test("too many failed logins and too many requests are answered with 429 and the time to wait", async () => {
    const shop = await startShop("this process", { RATE_LIMIT: "on" });
    try {
      const guest = new Client(shop);
      const failures = [];
      for (let i = 0; i < 12; i++)
        failures.push(await guest.post("/auth/login", { email: "demo@example.com", password: "not-the-password" }));
      expect(failures.at(-1)?.status).toBe(429);
      expect(Number(failures.at(-1)?.headers.get("retry-after"))).toBeGreaterThan(0);
      let limited: string | undefined;
      for (let round = 0; round < 20 && !limited; round++) {
        await guest.get("/products?limit=1"); // fills the cache, so that load shedding refuses none of the next ones
        const responses = await pipelined(shop, "/api/v1/products?limit=1", 500);
        limited = responses.find((response) => response.startsWith("429"));
      }
      expect(limited).toMatch(/^ratelimit-limit: 3000\r$/im);
      expect(limited).toMatch(/^retry-after: [1-9]\d*\r$/im);
    } finally {
      await shop.stop();
    }
  }, 60_000);
});

/**
 * Sends many reads on one connection without waiting for responses: a client that waited would need longer than one
 * window of the rate limit.
 * @returns the responses as text, each from its status on
 */
function pipelined(shop: Shop, path: string, requests: number): Promise<string[]> {
  const { port, hostname } = new URL(shop.url);
  const request = `GET ${path} HTTP/1.1\r\nHost: x\r\n`;
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname);
    socket.setEncoding("latin1");
    socket.on("data", (part) => (text += part));
    socket.on("end", () => resolve(text.split("HTTP/1.1 ").slice(1)));
    socket.on("error", reject);
    socket.write(`${`${request}\r\n`.repeat(requests - 1)}${request}Connection: close\r\n\r\n`);
  });
}

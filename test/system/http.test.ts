import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

interface RawAnswer {
  status: number;
  headers: Record<string, string | undefined>;
  body: Buffer;
}

describe("HTTP", () => {
  let shop: Shop;
  let guest: Client;
  let buyer: Client;
  let staff: Client;
  let goods: Goods;
  let orderId: string;

  beforeAll(async () => {
    shop = await startShop("one process", { RATE_LIMIT: "on", ACCESS_LOG: "on", LOG_LEVEL: "info" });
    guest = new Client(shop);
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
    goods = await newGoods(staff, 5);
    const order = await buyer.post("/orders", orderOf(buyer, goods), { prefer: "wait=5" });
    expect(order.body).toMatchObject({ status: "paid" });
    orderId = order.body.orderId;
  }, 60_000);

  afterAll(() => shop?.stop());

  /** One request with exactly these headers, and its answer as it is sent. */
  function raw(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const req = request(`${shop.url}${path}`, { method, headers, agent: false }, (res) => {
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.on("end", () => {
          const answer = { status: res.statusCode ?? 0, headers: res.headers as RawAnswer["headers"] };
          resolve({ ...answer, body: Buffer.concat(chunks) });
        });
      });
      req.on("error", reject).end(body);
    });
  }

  const output = () => shop.node("shop").output;
  const bearer = (token = "") => ({ authorization: `Bearer ${token}` });
  const forged = () => bearer(`${buyer.token?.slice(0, -6)}AAAAAA`);

  test.each([
    ["GET", "/api/v1/products/%"],
    ["GET", "/api/v1/products/%E0%A4%A"],
    ["GET", "/api/v1/products?q=%"],
    ["GET", "/api/v1/nowhere/%zz"],
    ["DELETE", "/api/v1/products/%"],
    ["OPTIONS", "/api/v1/products/%"],
    ["POST", "/api/v1/carts/%/items"],
    ["GET", "/docs/%"],
    ["GET", "/problems/%"],
    ["GET", "/health/%"],
    ["GET", "/%"],
  ])("%s %s, which is no valid percent-encoding, is a 400 without a stack in the log", async (method, path) => {
    const answer = await raw(method, path);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: "BAD_REQUEST", type: "/problems/bad-request" });
    expect(output()).not.toMatch(/decode|\.(js|ts):\d+/i);
  });

  describe("the rate limit", () => {
    const remaining = ({ headers }: RawAnswer) => {
      expect(headers["ratelimit-remaining"]).toMatch(/^\d+$/); // absent where a request is not counted
      return Number(headers["ratelimit-remaining"]);
    };
    const probe = () => raw("GET", "/nowhere");

    test.each([
      ["an unknown path", () => raw("GET", "/api/v1/nowhere")],
      ["a path outside of the API", () => raw("GET", "/nowhere/at/all")],
      ["a wrong method", () => raw("DELETE", "/api/v1/auth/login")],
      ["a malformed path", () => raw("GET", "/api/v1/products/%")],
      ["a forged token", () => raw("GET", `/api/v1/orders/${orderId}`, forged())],
      ["a header that is no token", () => raw("GET", `/api/v1/orders/${orderId}`, { authorization: "Basic eDp5" })],
      ["the reference page", () => raw("GET", "/docs")],
      ["a file of the reference page", () => raw("GET", "/docs/swagger-ui.css")],
      ["a file that does not exist", () => raw("GET", "/docs/nothing.js")],
      ["the page of a problem", () => raw("GET", "/problems/not-found")],
      ["the document of the API", () => raw("GET", "/openapi.json")],
      ["the public keys", () => raw("GET", "/.well-known/jwks.json")],
      ["a stream without a token", () => raw("GET", `/api/v1/orders/${orderId}/stream`)],
      ["OPTIONS", () => raw("OPTIONS", "/api/v1/products")],
      ["a cached read", () => raw("GET", "/api/v1/products?limit=1")],
      ["a body that is no JSON", () => raw("POST", "/api/v1/carts", { "content-type": "application/json" }, "{")],
      ["a body of another type", () => raw("POST", "/api/v1/carts", { "content-type": "text/plain" }, "x")],
    ])("counts %s once", async (_what, send) => {
      await eventually(async () => {
        const before = remaining(await probe());
        const counted = remaining(await send());
        // A window that ends in between begins again with the full number: then the next attempt decides.
        expect([counted, remaining(await probe())]).toEqual([before - 1, before - 2]);
      }, 3_000);
    });

    test("does not count health checks", async () => {
      await eventually(async () => {
        const before = remaining(await probe());
        expect((await raw("GET", "/health/live")).headers).not.toHaveProperty("ratelimit-remaining");
        expect(remaining(await probe())).toBe(before - 1);
      }, 3_000);
    });
  });

  describe("a token that is not valid", () => {
    const json = { "content-type": "application/json" };
    const login = (path: string, email: string, password: string) => () =>
      raw("POST", path, { ...json, ...forged() }, JSON.stringify({ email, password }));

    test.each<[string, number, () => Promise<RawAnswer>]>([
      ["login", 200, login("/api/v1/auth/login", "demo@example.com", "demo-password-1")],
      ["the login of staff", 200, login("/api/v1/auth/staff/login", "admin@example.com", "admin-password-1")],
      [
        "refresh",
        200,
        async () => {
          const credentials = { email: "demo@example.com", password: "demo-password-1" };
          const { refreshToken } = (await guest.post("/auth/login", credentials)).body;
          return raw("POST", "/api/v1/auth/refresh", { ...json, ...forged() }, JSON.stringify({ refreshToken }));
        },
      ],
      [
        "logout",
        204,
        () => raw("POST", "/api/v1/auth/logout", { ...json, ...forged() }, JSON.stringify({ refreshToken: "x" })),
      ],
      [
        "registration",
        201,
        () => {
          const account = { email: `bad-token-${Date.now()}@example.com`, firstName: "Ada", lastName: "Buyer" };
          const body = JSON.stringify({ ...account, password: "a-long-enough-password" });
          return raw("POST", "/api/v1/customers", { ...json, ...forged() }, body);
        },
      ],
      ["the public keys", 200, () => raw("GET", "/.well-known/jwks.json", forged())],
      ["products", 200, () => raw("GET", "/api/v1/products?limit=2", forged())],
      ["products from the cache", 200, () => raw("GET", "/api/v1/products?limit=2", forged())],
      ["a product", 200, () => raw("GET", `/api/v1/products/${goods.productId}`, forged())],
      ["categories", 200, () => raw("GET", "/api/v1/categories", forged())],
      ["brands", 200, () => raw("GET", "/api/v1/brands", forged())],
      ["prices", 200, () => raw("GET", "/api/v1/prices", forged())],
      ["a price", 200, () => raw("GET", `/api/v1/prices/${goods.sku}`, forged())],
      [
        "a quote",
        200,
        () => {
          const body = JSON.stringify({ items: [{ sku: goods.sku, quantity: 1 }] });
          return raw("POST", "/api/v1/quotes", { ...json, ...forged() }, body);
        },
      ],
      ["stock", 200, () => raw("GET", `/api/v1/inventory/${goods.sku}`, forged())],
      ["stock of several skus", 200, () => raw("GET", `/api/v1/inventory?skus=${goods.sku}`, forged())],
    ])("does not matter for %s", async (_what, status, send) => {
      expect((await send()).status).toBe(status);
    });

    test("gives no more than a guest gets", async () => {
      const path = `/api/v1/inventory/${goods.sku}`;
      const warehouses = async (headers: Record<string, string>) =>
        JSON.parse((await raw("GET", path, headers)).body.toString()).warehouses;
      expect(await warehouses(bearer(staff.token))).toHaveLength(1);
      expect(await warehouses(bearer(`${staff.token?.slice(0, -6)}AAAAAA`))).toBeUndefined();
    });

    test.each([
      ["GET", () => `/api/v1/orders/${orderId}`],
      ["GET", () => `/api/v1/orders/${orderId}/stream`],
      ["GET", () => `/api/v1/customers/${buyer.customerId}`],
      ["POST", () => "/api/v1/carts"],
      ["GET", () => "/api/v1/carts/cart_of_somebody"],
    ])("is a 401 for %s where the caller matters", async (method, path) => {
      const answer = await raw(method, path(), forged());
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toContain("Bearer");
    });
  });

  describe("what may be stored", () => {
    test.each([
      ["a profile", () => buyer.get(`/customers/${buyer.customerId}`)],
      ["an order", () => buyer.get(`/orders/${orderId}`)],
      ["a new cart", () => buyer.post("/carts", {})],
      ["tokens", () => guest.post("/auth/login", { email: "demo@example.com", password: "demo-password-1" })],
      ["an answer without a body", () => guest.post("/auth/logout", { refreshToken: "x" })],
      ["stock, of which staff see more", () => staff.get(`/inventory/${goods.sku}`)],
      ["a refusal", () => guest.get(`/customers/${buyer.customerId}`)],
      ["an unknown path", () => guest.get("/nowhere")],
    ])("%s is not stored", async (_what, send) => {
      expect((await send()).headers.get("cache-control")).toBe("no-store");
    });

    test("a catalogue read is stored and checked each time", async () => {
      const { headers } = await guest.get("/products?limit=3");
      expect(headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
    });
  });

  describe("encodings", () => {
    const list = "/api/v1/products?limit=20";

    test("a body and its compressed form have two strong ETags, and either of them is known again", async () => {
      const plain = await raw("GET", list);
      const gzipped = await raw("GET", list, { "accept-encoding": "gzip" });
      expect(plain.headers["content-encoding"]).toBeUndefined();
      expect(gzipped.headers["content-encoding"]).toBe("gzip");
      expect(gunzipSync(gzipped.body)).toEqual(plain.body);
      const etags = [plain, gzipped].map(({ headers }) => headers.etag ?? "");
      for (const etag of etags) expect(etag).toMatch(/^"[^"]+"$/);
      expect(etags[0]).not.toBe(etags[1]);
      for (const accepted of ["identity", "gzip"]) {
        const current = accepted === "gzip" ? etags[1] : etags[0];
        for (const held of [...etags, `W/${etags[0]}`, `"other", ${etags[1]}`, "*"]) {
          const answer = await raw("GET", list, { "accept-encoding": accepted, "if-none-match": held });
          expect([answer.status, answer.body.length, answer.headers.etag]).toEqual([304, 0, current]);
          expect(answer.headers.vary).toMatch(/^Accept-Encoding\b/);
        }
      }
      expect((await raw("GET", list, { "if-none-match": '"other"' })).status).toBe(200);
    });

    test.each([
      [undefined, undefined],
      ["", undefined],
      ["gzip;q=0", undefined],
      ["gzip; q=0.0, *", undefined],
      ["*;q=0", undefined],
      ["identity, gzip;q=0.5", undefined],
      ["br", undefined],
      ["notgzip", undefined],
      ["deflate, gzip;q=1.0, *;q=0.5", "gzip"],
      ["GZIP;Q=0.001", "gzip"],
      ["*", "gzip"],
    ])("Accept-Encoding %j gives %s", async (accepted, encoding) => {
      const headers: Record<string, string> = accepted === undefined ? {} : { "accept-encoding": accepted };
      for (const path of [list, "/openapi.json", `/api/v1/prices?limit=100`, "/docs/swagger-ui.css"]) {
        const answer = await raw("GET", path, headers);
        expect([path, answer.status, answer.headers["content-encoding"]]).toEqual([path, 200, encoding]);
        expect(answer.headers.vary).toMatch(/^Accept-Encoding\b/);
      }
    });
  });

  describe("OPTIONS and HEAD", () => {
    test("a plain OPTIONS says what a path allows, and executes nothing", async () => {
      for (const [path, allow] of [
        ["/api/v1/products", "GET, HEAD, POST, OPTIONS"],
        ["/api/v1/auth/login", "POST, OPTIONS"],
        ["/docs", "GET, HEAD, OPTIONS"],
      ] as const) {
        const answer = await raw("OPTIONS", path);
        expect([answer.status, answer.body.length]).toEqual([204, 0]);
        expect(answer.headers.allow?.split(", ").sort()).toEqual(allow.split(", ").sort());
        expect(answer.headers).not.toHaveProperty("etag");
      }
      expect((await raw("OPTIONS", "/api/v1/nowhere")).status).toBe(404);
    });

    test("pages of other origins may read every answer, whether their browser asked before or not", async () => {
      const origin = { origin: "https://shop.example" };
      const preflight = await raw("OPTIONS", "/api/v1/orders", { ...origin, "access-control-request-method": "POST" });
      expect(preflight.status).toBe(204);
      expect(preflight.headers["access-control-allow-methods"]).toContain("POST");
      expect(preflight.headers["access-control-allow-headers"]).toContain("Authorization");
      for (const path of ["/api/v1/products?limit=1", "/api/v1/nowhere", `/api/v1/orders/${orderId}`]) {
        const { headers } = await raw("GET", path, origin);
        expect(headers["access-control-allow-origin"]).toBe("*");
        expect(headers["access-control-expose-headers"]).toBe("*");
      }
    });

    test.each(["/api/v1/products?limit=2", "/openapi.json", "/docs", "/problems/not-found"])(
      "HEAD %s has the headers of GET and no body",
      async (path) => {
        const [head, get] = [await raw("HEAD", path), await raw("GET", path)];
        expect([head.status, head.body.length]).toEqual([200, 0]);
        for (const name of ["content-type", "content-length", "etag", "vary", "cache-control"])
          expect([name, head.headers[name]]).toEqual([name, get.headers[name]]);
      },
    );
  });

  describe("the page of a problem", () => {
    const codes = async () => {
      const document = JSON.parse((await raw("GET", "/openapi.json")).body.toString());
      return Object.keys(document.components.examples).filter((code) => /^[A-Z][A-Z_]+$/.test(code));
    };
    const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    test("exists for every code, for browsers and for programs, and says what to do", async () => {
      const all = await codes();
      expect(all.length).toBeGreaterThan(25);
      for (const code of all) {
        const path = `/problems/${code.toLowerCase().replaceAll("_", "-")}`;
        const answer = await raw("GET", path, { accept: "application/json" });
        expect(answer.headers["content-type"]).toContain("application/json");
        const { help, title, ...facts } = JSON.parse(answer.body.toString());
        expect(facts).toEqual({ type: path, code, status: expect.any(Number) });
        expect(help).toMatch(/^[A-Z`].{20,}\.$/);
        expect(help).not.toBe(title);
        const page = await raw("GET", path, { accept: BROWSER });
        expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
        expect(page.headers.vary).toContain("Accept");
        const html = page.body.toString();
        for (const part of [`<code>${code}</code>`, `<strong>${facts.status}</strong>`]) expect(html).toContain(part);
      }
    });

    test("is what the type of a problem leads to", async () => {
      const { type, status } = (await guest.get("/nowhere")).body;
      const page = await raw("GET", new URL(type, `${shop.url}/api/v1/nowhere`).pathname);
      expect(JSON.parse(page.body.toString())).toMatchObject({ code: "NOT_FOUND", status });
    });

    test("is a problem itself for a name that is no code", async () => {
      const answer = await raw("GET", "/problems/nothing-like-that", { accept: BROWSER });
      expect(answer.status).toBe(404);
      expect(answer.headers["content-type"]).toContain("application/problem+json");
      expect(JSON.parse(answer.body.toString())).toMatchObject({ code: "NOT_FOUND", status: 404 });
    });
  });

  describe("an expansion", () => {
    const clerk = async (role: string): Promise<Client> => {
      const account = { email: `clerk-${Date.now()}@example.com`, password: "a-long-enough-password" };
      const made = await staff.post("/users", { ...account, name: "Cleo Clerk", roles: [role] });
      expect(made.status).toBe(201);
      const login = await guest.post("/auth/staff/login", account);
      return new Client(shop, login.body.accessToken);
    };

    test("is shown to those who may read its object by its own route, and null for others", async () => {
      const { body } = await buyer.get(`/orders/${orderId}?expand=payment,customer`);
      expect(body.payment).toMatchObject({ orderId, status: "captured" });
      expect(body.customer).toMatchObject({ customerId: buyer.customerId });
      const { paymentId } = body.payment;

      const reader = await clerk("warehouse");
      expect((await reader.get(`/payments/${paymentId}`)).status).toBe(403);
      expect((await reader.get(`/customers/${buyer.customerId}`)).status).toBe(403);
      const hidden = await reader.get(`/orders/${orderId}?expand=payment,customer`);
      expect(hidden.status).toBe(200);
      expect(hidden.body).toMatchObject({ orderId, payment: null, customer: null });

      const cashier = await clerk("finance");
      expect((await cashier.get(`/payments/${paymentId}`)).status).toBe(200);
      const shown = await cashier.get(`/orders/${orderId}?expand=payment,customer`);
      expect(shown.body).toMatchObject({ payment: { paymentId }, customer: { customerId: buyer.customerId } });
    });
  });

  describe("the access log", () => {
    const line = (requestId: string) =>
      eventually(() => {
        const found = output()
          .split("\n")
          .filter((text) => text.includes(requestId));
        expect(found).toHaveLength(1);
        return found[0] as string;
      }, 3_000);

    test.each<[string, string, number, () => [string, string, Record<string, string>?, string?]]>([
      ["a read", "GET /api/v1/products 200", 200, () => ["GET", "/api/v1/products?limit=4&q=secret-words"]],
      ["a cached read", "GET /api/v1/products 200", 200, () => ["GET", "/api/v1/products?limit=4&q=secret-words"]],
      ["a path with an id", "GET /api/v1/products/ID 200", 200, () => ["GET", `/api/v1/products/${goods.productId}`]],
      ["a path with a name", "GET /api/v1/prices/:sku 200", 200, () => ["GET", `/api/v1/prices/${goods.sku}`]],
      ["a current copy", "GET /api/v1/brands 304", 304, () => ["GET", "/api/v1/brands", { "if-none-match": "*" }]],
      ["an unknown path", "GET /nowhere 404", 404, () => ["GET", "/nowhere?secret-words"]],
      ["a wrong method", "DELETE /api/v1/auth/login 405", 405, () => ["DELETE", "/api/v1/auth/login"]],
      ["a malformed path", "GET /api/v1/products/:productId 400", 400, () => ["GET", "/api/v1/products/%"]],
      ["a refusal", "GET /api/v1/orders 401", 401, () => ["GET", "/api/v1/orders", forged()]],
      ["a write", "POST /api/v1/carts 201", 201, () => ["POST", "/api/v1/carts"]],
      ["a health check", "GET /health/live 200", 200, () => ["GET", "/health/live"]],
    ])("has one line for %s", async (_what, text, status, send) => {
      const [method, path, headers, body] = send();
      const requestId = `log-${Math.random().toString(36).slice(2)}`;
      expect((await raw(method, path, { ...headers, "x-request-id": requestId }, body)).status).toBe(status);
      const logged = await line(requestId);
      expect(logged).toContain(text.replace("ID", goods.productId));
      expect(logged).toMatch(/"?ms"?:/);
      expect(logged).toContain("127.0.0.1");
      expect(logged).not.toContain("secret-words");
    });

    test("names the kind of caller, and nothing of a token in the path", async () => {
      await raw("GET", "/api/v1/products?limit=1", { ...bearer(buyer.token), "x-request-id": "log-customer" });
      expect(await line("log-customer")).toMatch(/customer/);
      await raw("GET", `/api/v1/orders/${buyer.token}`, { ...bearer(staff.token), "x-request-id": "log-token" });
      await raw("GET", `/api/v1/order/${buyer.token}`, { ...bearer(staff.token), "x-request-id": "log-lost" });
      const signature = buyer.token?.split(".")[2] ?? "";
      for (const id of ["log-token", "log-lost"]) {
        expect(await line(id)).toContain("staff");
        expect(await line(id)).not.toContain(signature.slice(0, 20));
      }
    });
  });

  describe("the stream of an order", () => {
    /** Opens a stream. @returns status and headers as soon as they are there, and the text so far */
    const open = async (client: Client, headers: Record<string, string> = {}, order = orderId) => {
      const abort = new AbortController();
      const response = await fetch(`${shop.url}/api/v1/orders/${order}/stream`, {
        headers: { ...bearer(client.token), ...headers },
        signal: abort.signal,
      });
      const stream = { status: response.status, headers: response.headers, text: "", close: () => abort.abort() };
      const read = async () => {
        for await (const chunk of response.body ?? []) stream.text += Buffer.from(chunk).toString();
      };
      const ended = read().catch(() => undefined);
      return Object.assign(stream, { ended });
    };
    const ids = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

    test("continues after Last-Event-ID when a client reconnects, and sends its headers without waiting for an event", async () => {
      const first = await open(buyer);
      await eventually(() => expect(ids(first.text).length).toBeGreaterThan(2));
      const all = ids(first.text);
      first.close();
      const third = await open(buyer, { "last-event-id": String(all[1]) });
      await eventually(() => expect(ids(third.text)).toEqual(all.slice(2)));
      third.close();
      const current = await open(buyer, { "last-event-id": String(all.at(-1)) }); // resolves with the headers
      expect([current.status, current.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
      expect(current.text).toBe("");
      current.close();
      for (const noNumber of ["Infinity", "abc", "-1", "1e3", " "]) {
        const again = await open(buyer, { "last-event-id": noNumber });
        await eventually(() => expect(ids(again.text)).toEqual(all));
        again.close();
      }
    });

    test("is refused as a problem for others", async () => {
      expect((await open(guest)).status).toBe(401);
      expect((await open(await newCustomer(shop))).status).toBe(404);
    });

    test("ends with the order, after which a client that has everything is told not to reconnect", async () => {
      const order = await buyer.post("/orders", orderOf(buyer, goods), { prefer: "wait=5" });
      await buyer.post(`/orders/${order.body.orderId}/cancel`, {});
      let last = 0;
      await eventually(async () => {
        // A step can follow the final one, because the refund comes after the cancellation. A browser reconnects as here.
        const stream = await open(buyer, { "last-event-id": String(last) }, order.body.orderId);
        await stream.ended;
        last = Math.max(last, ...ids(stream.text));
        expect(stream.status).toBe(204);
      });
      const before = await open(buyer, { "last-event-id": String(last - 1) }, order.body.orderId);
      await before.ended;
      expect([before.status, ids(before.text)[0]]).toEqual([200, last]);
    });

    test("answers HEAD at once", async () => {
      const head = await buyer.send("HEAD", `/orders/${orderId}/stream`);
      expect(head.status).toBe(200);
      expect(head.headers.get("content-type")).toContain("text/event-stream");
    });

    test("can be open ten times for one account; others are not affected, and a closed one makes room", async () => {
      const streams = await Promise.all(Array.from({ length: 10 }, () => open(buyer)));
      expect(streams.map(({ status }) => status)).toEqual(Array(10).fill(200));
      const refused = await open(buyer);
      await refused.ended;
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(JSON.parse(refused.text)).toMatchObject({ code: "RATE_LIMITED", detail: expect.stringContaining("10") });
      const other = await open(staff);
      expect(other.status).toBe(200);
      streams[0]?.close();
      await eventually(async () => {
        const admitted = await open(buyer);
        admitted.close();
        expect(admitted.status).toBe(200);
      });
      for (const { close } of [...streams, other]) close();
    });
  });
});

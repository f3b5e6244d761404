import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Item {
  productId: string;
  sku: string;
  quantity: number;
  price: number;
}

interface Order {
  orderId: string;
  status: string;
  items: Item[];
  owner: string;
}

interface Reply {
  status: number;
  body?: object;
  headers?: Record<string, string>;
}

const no = (status: number, code: string): Reply => ({ status, body: { code, detail: `fake ${code}` } });

/**
 * As much of the shop as a replay meets, in memory: prices, stock and idempotency keys are real, and it can be made to
 * misbehave the way networks and busy servers do.
 */
export class FakeShop {
  readonly products = new Map<string, { productId: string; skus: string[] }>();
  readonly prices = new Map<string, number>();
  readonly stock = new Map<string, number>();
  readonly customers = new Map<string, string>();
  readonly orders: Order[] = [];
  /** Requests by method and path, as they came. */
  readonly seen: string[] = [];
  /** Every n-th request is carried out and its answer lost; 0 never. */
  loseEvery = 0;
  /** Every n-th request is turned away with 429 and 503 in turns; 0 never. */
  turnAwayEvery = 0;
  /** Orders whose first item is this one are never paid. */
  declinedSku = "";
  /** Orders with this item are refused: its price is another by now. */
  dearerSku = "";
  /** Pence that the shop wrongly adds to the price of the first item of each order. */
  cheatMinor = 0;
  onOrder: (count: number) => void = () => {};
  readonly #answers = new Map<string, Reply>();
  #requests = 0;
  #tokens = 0;
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#tokens += 1; // tokens of an earlier life are no longer taken
    const server = createServer((request, response) => void this.#serve(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Cuts every connection, as kill -9 would. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    this.#requests += 1;
    const turned = this.turnAwayEvery > 0 && this.#requests % this.turnAwayEvery === 0;
    const reply = turned
      ? { ...no(this.#requests % 2 ? 429 : 503, "BUSY"), headers: { "retry-after": "0" } }
      : this.#answerOnce(request, text);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (this.#server === undefined || (this.loseEvery > 0 && this.#requests % this.loseEvery === 0)) {
      request.socket.destroy();
      return;
    }
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
    response.end(JSON.stringify(reply.body ?? {}));
  }

  /** The same key of the same caller gives the same answer. */
  #answerOnce(request: IncomingMessage, text: string): Reply {
    const key = request.headers["idempotency-key"];
    const owner = String(request.headers.authorization).split(".")[1] ?? "";
    this.seen.push(`${request.method} ${request.url}`);
    if (key === undefined) return this.#answer(request, text);
    const scoped = `${owner} ${request.url} ${key}`;
    const stored = this.#answers.get(scoped);
    if (stored?.headers) return stored.headers.sent === text ? replayed(stored) : no(422, "IDEMPOTENCY_KEY_REUSED");
    const reply = this.#answer(request, text);
    if (reply.status < 300) this.#answers.set(scoped, { ...reply, headers: { sent: text } });
    return reply;
  }

  #answer(request: IncomingMessage, text: string): Reply {
    const body = text === "" ? {} : JSON.parse(text);
    const route = `${request.method} ${request.url?.replace("/api/v1", "").replace(/ord_\d+/, ":id")}`;
    if (route === "POST /customers") return this.#register(body.email);
    if (route === "POST /auth/login") return this.#login(this.customers.get(body.email));
    if (route === "POST /auth/staff/login") return this.#login("staff");
    const [scheme, caller, token] = String(request.headers.authorization).split(".");
    const who = Buffer.from(caller ?? "", "base64url").toString();
    if (scheme !== "Bearer x" || token !== String(this.#tokens)) return no(401, "UNAUTHENTICATED");
    const subject: string = JSON.parse(who).sub;
    if (route === "POST /orders") return this.#order(subject, body);
    if (route === "GET /orders/:id") return this.#read(subject, request.url?.split("/").pop() ?? "");
    if (subject !== "staff") return no(403, "FORBIDDEN");
    if (route === "POST /products:batch") return this.#upsert(body.products);
    if (route === "POST /prices:batch") return this.#price(body.prices);
    if (route === "POST /inventory:batch") return this.#adjust(body.adjustments);
    return no(404, "NOT_FOUND");
  }

  #register(email: string): Reply {
    if (this.customers.has(email)) return no(409, "EMAIL_TAKEN");
    const customerId = `cust_${this.customers.size}`;
    this.customers.set(email, customerId);
    return { status: 201, body: { customerId } };
  }

  #login(sub: string | undefined): Reply {
    if (sub === undefined) return no(401, "INVALID_CREDENTIALS");
    const claims = Buffer.from(JSON.stringify({ sub })).toString("base64url");
    return { status: 200, body: { accessToken: `x.${claims}.${this.#tokens}`, expiresIn: 900 } };
  }

  #upsert(products: { slug: string; variants: { sku: string }[] }[]): Reply {
    for (const { slug, variants } of products) {
      const productId = this.products.get(slug)?.productId ?? `prod_${this.products.size}`;
      this.products.set(slug, { productId, skus: variants.map(({ sku }) => sku) });
    }
    return { status: 200, body: { products: products.map(({ slug }) => ({ slug, ...this.products.get(slug) })) } };
  }

  #price(prices: { sku: string; amount: number }[]): Reply {
    for (const { sku, amount } of prices) this.prices.set(sku, amount);
    return { status: 200, body: { updated: prices.length } };
  }

  #adjust(adjustments: { sku: string; delta: number }[]): Reply {
    for (const { sku, delta } of adjustments) this.stock.set(sku, (this.stock.get(sku) ?? 0) + delta);
    return { status: 200, body: {} };
  }

  #order(owner: string, { customerId, items }: { customerId: string; items: Item[] }): Reply {
    if (customerId !== owner) return no(403, "FORBIDDEN");
    if (items.some(({ sku, price }) => this.prices.get(sku) !== price || sku === this.dearerSku))
      return no(409, "PRICE_CHANGED");
    if (items.some(({ sku, quantity }) => (this.stock.get(sku) ?? 0) < quantity)) return no(409, "OUT_OF_STOCK");
    for (const { sku, quantity } of items) this.stock.set(sku, (this.stock.get(sku) ?? 0) - quantity);
    const kept = items.map((item, at) => (at === 0 ? { ...item, price: item.price + this.cheatMinor / 100 } : item));
    const order = { orderId: `ord_${this.orders.length}`, status: "pending_payment", items: kept, owner };
    this.orders.push(order);
    this.onOrder(this.orders.length);
    return { status: 201, body: { orderId: order.orderId, status: order.status } };
  }

  /** Orders settle when they are first read. */
  #read(subject: string, orderId: string): Reply {
    const order = this.orders.find((candidate) => candidate.orderId === orderId);
    if (order?.owner !== subject) return no(404, "NOT_FOUND");
    order.status = order.items[0]?.sku === this.declinedSku ? "cancelled" : "paid";
    return { status: 200, body: order };
  }
}

function replayed(stored: Reply): Reply {
  return { ...stored, headers: { "idempotent-replayed": "true" } };
}

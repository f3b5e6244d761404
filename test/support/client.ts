import { randomUUID } from "node:crypto";
import type { Shop } from "./shop.ts";

/** An HTTP response of the shop. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on bodies of many shapes
  body: any;
}

export interface RequestOptions {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

/** An HTTP client that uses only the REST interface of the shop. */
export class Client {
  readonly #shop: Shop;
  readonly token: string | undefined;
  readonly customerId: string;

  constructor(shop: Shop, token?: string, customerId = "") {
    this.#shop = shop;
    this.token = token;
    this.customerId = customerId;
  }

  async send(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const token = options.token ?? this.token;
    const response = await fetch(`${this.#shop.url}/api/v1${path}`, {
      method,
      headers: {
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === "string" ? options.body : JSON.stringify(options.body) }),
    });
    const text = await response.text();
    const json = (response.headers.get("content-type") ?? "").includes("json");
    return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text };
  }

  get = (path: string, headers?: Record<string, string>) => this.send("GET", path, headers ? { headers } : {});
  post = (path: string, body?: unknown, headers?: Record<string, string>) =>
    this.send("POST", path, { body, ...(headers ? { headers } : {}) });
  put = (path: string, body?: unknown) => this.send("PUT", path, { body });
  patch = (path: string, body?: unknown, headers?: Record<string, string>) =>
    this.send("PATCH", path, { body, ...(headers ? { headers } : {}) });
  delete = (path: string, headers?: Record<string, string>) => this.send("DELETE", path, headers ? { headers } : {});
}

export const ADDRESS = {
  street: "1 Market Street",
  city: "San Francisco",
  state: "CA",
  zipCode: "94105",
  country: "US",
};
const PASSWORD = "a-long-enough-password";

/** Registers a customer and signs in. */
export async function newCustomer(shop: Shop): Promise<Client> {
  const email = `c-${randomUUID()}@example.com`;
  const guest = new Client(shop);
  const made = await guest.post("/customers", { email, password: PASSWORD, firstName: "Ada", lastName: "Buyer" });
  if (made.status !== 201) throw new Error(`registration answered ${made.status}: ${JSON.stringify(made.body)}`);
  const login = await guest.post("/auth/login", { email, password: PASSWORD });
  if (login.status !== 200) throw new Error(`login answered ${login.status}: ${JSON.stringify(login.body)}`);
  return new Client(shop, login.body.accessToken, made.body.customerId);
}

/** Signs in as the seeded staff account. */
export async function staffMember(shop: Shop): Promise<Client> {
  const guest = new Client(shop);
  const deadline = Date.now() + 10_000; // demo accounts are seeded after the start
  for (;;) {
    const login = await guest.post("/auth/staff/login", { email: "admin@example.com", password: "admin-password-1" });
    if (login.status === 200) return new Client(shop, login.body.accessToken);
    if (Date.now() > deadline) throw new Error(`staff login answered ${login.status}: ${JSON.stringify(login.body)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export interface Goods {
  productId: string;
  sku: string;
  price: number;
}

/** A new product with one variant, a price in USD and stock. */
export async function newGoods(staff: Client, stock: number, price = 20): Promise<Goods> {
  const sku = `SKU-${randomUUID()}`;
  const product = await staff.post("/products", {
    title: "Test product",
    slug: sku.toLowerCase(),
    variants: [{ sku }],
  });
  const priced = await staff.put(`/prices/${sku}`, { amount: price, currency: "USD" });
  const stocked =
    stock === 0
      ? undefined
      : await staff.post(`/inventory/${sku}/adjustments`, { warehouseId: "wh_main", delta: stock, reason: "test" });
  for (const answer of [product, priced, stocked]) {
    if (answer && answer.status >= 300)
      throw new Error(`setting up goods: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return { productId: product.body.productId, sku, price };
}

/** The body of an order for one product. */
export function orderOf(client: Client, goods: Goods, quantity = 1, paymentMethodId = "pm_card_visa") {
  return {
    customerId: client.customerId,
    items: [{ productId: goods.productId, sku: goods.sku, quantity, price: goods.price }],
    shippingAddress: ADDRESS,
    paymentMethodId,
  };
}

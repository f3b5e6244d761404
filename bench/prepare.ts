import { inventoryLimits } from "#services/logistics/inventory/domain/limits.ts";
import { catalogLimits } from "#services/product/catalog/domain/limits.ts";
import { HttpClient } from "#tools/replay/http.ts";
import { asObjects, asText } from "#tools/replay/json.ts";
import { chunk } from "#tools/replay/plan.ts";
import { pool } from "#tools/replay/pool.ts";
import { customerIdIn, Session } from "#tools/replay/session.ts";
import { ApiError, call } from "./api.ts";
import type { Buyer, Offer } from "./load.ts";

/** A middling catalogue; with two variants each there are as many prices as one batch may set. */
const PRODUCTS = 5_000;
const VARIANTS = 2;
/** Pieces of each variant: more than any run can sell. */
const STOCK = 100_000;
/** More clients than this share them: registering costs much more than an order. */
const BUYERS = 32;
/** Logins at once: hashing keeps a core busy. */
const LOGINS = 4;
const PRICE = 19.99;
const PASSWORD = "bench-customer-password-1";

/** What a prepared shop has for the bench. */
export interface Goods {
  productIds: string[];
  offers: Offer[];
  /** Bodies for `POST /prices:batch` in which every price differs from the other's, and in which one in four does. */
  priceBodies: { all: string[]; quarter: string[] };
  priceRows: number;
  skus: string[];
  /** Sets the prices that the offers name, which the measures of prices change. */
  restorePrices(): Promise<void>;
  staffToken(): Promise<string>;
  /** Buyers with tokens that are good for some minutes. Some are the same when there are more than customers. */
  buyers(count: number): Promise<Buyer[]>;
}

/**
 * Fills a shop with products, stock and customers. Doing it again changes nothing but adds stock.
 * @throws Error when the shop refuses any of it
 */
export async function prepare(url: string, email: string, password: string, count = PRODUCTS): Promise<Goods> {
  const http = new HttpClient(url, LOGINS);
  const staff = new Session(() =>
    call(http, { method: "POST", path: "/api/v1/auth/staff/login", body: { email, password } }),
  );
  const post = async (path: string, body: object) =>
    call(http, { method: "POST", path: `/api/v1${path}`, body }, await staff.token());

  const products = Array.from({ length: count }, (_, at) => productBody(at));
  const productIds: string[] = [];
  for (const batch of chunk(products, catalogLimits.PRODUCT_BATCH_ROWS)) {
    const answer = await post("/products:batch", { products: batch });
    const bySlug = new Map(asObjects(answer.products).map(({ slug, productId }) => [slug, productId]));
    productIds.push(...batch.map(({ slug }) => asText(bySlug.get(slug), `product ${slug}`)));
  }
  const skus = products.flatMap(({ variants }) => variants.map(({ sku }) => sku));
  const usual = pricesBody(skus, () => PRICE);
  const priceBodies = {
    all: [usual, pricesBody(skus, () => PRICE + 1)],
    quarter: [usual, pricesBody(skus, (at) => (at % 4 === 0 ? PRICE + 1 : PRICE))],
  };
  const restorePrices = async () =>
    void (await call(http, { method: "POST", path: "/api/v1/prices:batch", body: usual }, await staff.token()));
  await restorePrices();
  for (const batch of chunk(skus, inventoryLimits.STOCK_BATCH_ROWS)) {
    await post("/inventory:batch", { adjustments: batch.map((sku) => ({ sku, delta: STOCK, reason: "bench" })) });
  }
  const sessions = await registerBuyers(http);
  return {
    productIds,
    offers: products.flatMap(({ variants }, at) =>
      variants.map(({ sku }) => ({ productId: productIds[at] ?? "", sku, price: PRICE })),
    ),
    priceBodies,
    priceRows: skus.length,
    skus,
    restorePrices,
    staffToken: () => staff.token(),
    buyers: async (count) => {
      const all = await Promise.all(sessions.slice(0, count).map(buyerOf));
      return Array.from({ length: count }, (_, at) => all[at % all.length] as Buyer);
    },
  };
}

function productBody(at: number) {
  const number = String(at).padStart(5, "0");
  return {
    title: `Bench product ${number}, enamelled, in two sizes`,
    slug: `bench-${number}`,
    variants: Array.from({ length: VARIANTS }, (_, size) => ({
      sku: `BENCH-${number}-${size}`,
      attributes: { size: String(size) },
    })),
  };
}

/** Text, so that the load generator does not spend its time on writing the same JSON again and again. */
function pricesBody(skus: readonly string[], amountOf: (at: number) => number): string {
  return JSON.stringify({ prices: skus.map((sku, at) => ({ sku, currency: "USD", amount: amountOf(at) })) });
}

async function registerBuyers(http: HttpClient): Promise<Session[]> {
  const emails = Array.from({ length: BUYERS }, (_, at) => `bench-${at}@customers.example`);
  await pool(emails, LOGINS, async (email) => {
    const body = { email, password: PASSWORD, firstName: "Bench", lastName: "Customer" };
    await call(http, { method: "POST", path: "/api/v1/customers", body }).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 409) throw error; // 409: an earlier run registered them
    });
  });
  const login = (email: string) =>
    call(http, { method: "POST", path: "/api/v1/auth/login", body: { email, password: PASSWORD } });
  const sessions = emails.map((email) => new Session(() => login(email)));
  await pool(sessions, LOGINS, async (session) => void (await session.token()));
  return sessions;
}

async function buyerOf(session: Session): Promise<Buyer> {
  const token = await session.token();
  return { token, customerId: customerIdIn(token) };
}

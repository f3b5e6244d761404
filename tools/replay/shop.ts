import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import { type KnownIds, orderBody, productBody, slugOf } from "./bodies.ts";
import { HttpClient, type HttpRequest } from "./http.ts";
import { asObject, asObjects, asText, type Json, jsonObject } from "./json.ts";
import { addPence, CURRENCY, fromAmount, toAmount } from "./pence.ts";
import type { PlannedOrder, PlannedProduct, PlannedRefund, StockRow } from "./plan.ts";
import { skuOf } from "./plan.ts";
import { RetryPolicy } from "./retry-policy.ts";
import { customerIdIn, Session } from "./session.ts";

/** Logins tried for an account that was just registered: another node may not know it yet. Below any lock-out. */
const LOGIN_ATTEMPTS = 4;
const LOGIN_RETRY_MS = 500;
/** Longest an order may take to settle after it was placed, in milliseconds. */
const SETTLE_MS = 120_000;
/** Between two looks at an order that has not settled: doubled from the first to the longest, in milliseconds. */
const FIRST_LOOK_MS = 25;
const LONGEST_LOOK_MS = 500;
/** Every replayed customer has it; it guards nothing. */
const PASSWORD = "retail-replay-password-1";

/** An answer that says no. The message is one line: what was asked, the status, and the shop's own words. */
export class ShopError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(request: HttpRequest, status: number, problem: Json) {
    const words = [problem.code, problem.detail ?? problem.title].filter((word) => typeof word === "string").join(": ");
    super(`${request.method} ${request.path.split("?")[0]} answered ${status}${words && ` ${words}`}`);
    this.name = "ShopError";
    this.status = status;
    this.code = typeof problem.code === "string" ? problem.code : "";
  }
}

export interface Customer {
  customerId: string;
  session: Session;
}

export interface PlacedOrder {
  orderId: string;
  /** Whether the shop knew the order from an earlier run. */
  replayed: boolean;
}

export interface OrderState {
  status: string;
  /** Σ price × quantity of the items less the discounts, in pence. */
  goodsMinor: number;
  /** By the name of the promotion, in pence. */
  discounts: ReadonlyMap<string, number>;
}

/** The calls of the public REST API that a replay needs, with retries and tokens taken care of. */
export class Shop {
  readonly #http: HttpClient;
  readonly #awayMs: number;

  /** `url` is the shop's origin; `awayMs` how long it may be unreachable before a call fails. */
  constructor(url: string, connections: number, awayMs: number) {
    this.#http = new HttpClient(`${url.replace(/\/+$/, "")}/api/v1`, connections);
    this.#awayMs = awayMs;
  }

  close(): void {
    this.#http.close();
  }

  staff(email: string, password: string): Session {
    return new Session(() => this.#body({ method: "POST", path: "/auth/staff/login", body: { email, password } }));
  }

  /**
   * Creates products or brings them up to date, by slug; a variant for every price, without the prices themselves.
   * Gives their ids by code.
   */
  async upsertProducts(staff: Session, products: readonly PlannedProduct[]): Promise<Map<string, string>> {
    const body = { products: products.map(productBody) };
    const answer = await this.#bodyAs(staff, { method: "POST", path: "/products:batch", body });
    const bySlug = new Map(asObjects(answer.products).map(({ slug, productId }) => [slug, productId]));
    return new Map(products.map(({ code }) => [code, asText(bySlug.get(slugOf(code)), `product ${slugOf(code)}`)]));
  }

  /** Sets the price of every variant to the price its name says. */
  async upsertPrices(staff: Session, pricesMinor: readonly { code: string; priceMinor: number }[]): Promise<void> {
    const prices = pricesMinor.map(({ code, priceMinor }) => ({
      sku: skuOf(code, priceMinor),
      currency: CURRENCY,
      amount: toAmount(priceMinor),
    }));
    await this.#bodyAs(staff, { method: "POST", path: "/prices:batch", body: { prices } });
  }

  /** Adds stock, exactly once: the key is made from the batch itself, so that the same batch again is a no-op. */
  async addStock(staff: Session, rows: readonly StockRow[]): Promise<void> {
    const body = { adjustments: rows.map(({ sku, delta }) => ({ sku, delta, reason: "retail replay" })) };
    const digest = createHash("sha256").update(JSON.stringify(body)).digest("hex").slice(0, 32);
    const headers = { "idempotency-key": `retail-stock-${digest}` };
    await this.#bodyAs(staff, { method: "POST", path: "/inventory:batch", headers, body });
  }

  /**
   * Registers a customer of the file, or finds the one an earlier run registered, and logs in. Staff registers them,
   * because guests may register only some from one address.
   */
  async customer(staff: Session, number: string): Promise<Customer> {
    const email = `retail-${number || "guest"}@customers.example`;
    const profile = { email, password: PASSWORD, firstName: "Retail", lastName: `Customer ${number || "guest"}` };
    const registered = await this.#known(staff, { method: "POST", path: "/customers", body: profile });
    const session = new Session(() => this.#login(email));
    const token = await session.token();
    return { customerId: registered ?? customerIdIn(token), session };
  }

  /**
   * Places an order and waits until it has settled, whichever way.
   * @throws ShopError when the shop refuses it
   */
  async placeOrder({ customerId, session }: Customer, order: PlannedOrder, known: KnownIds): Promise<PlacedOrder> {
    const headers = { "idempotency-key": order.key, prefer: `wait=${limits.PREFER_WAIT_SECONDS}` };
    const body = orderBody(customerId, order, known);
    const answer = await this.#sendAs(session, { method: "POST", path: "/orders", headers, body });
    const orderId = asText(answer.body.orderId, "orderId");
    if (!isSettled(answer.body.status)) await this.#settled(session, orderId);
    return { orderId, replayed: answer.headers["idempotent-replayed"] === "true" };
  }

  /** Waits until an order has settled, or for as long as that may take; what became of it is read later. */
  async #settled(session: Session, orderId: string): Promise<void> {
    const deadline = performance.now() + SETTLE_MS;
    for (let lookMs = FIRST_LOOK_MS; performance.now() < deadline; lookMs = Math.min(lookMs * 2, LONGEST_LOOK_MS)) {
      await sleep(lookMs);
      const { status } = await this.#bodyAs(session, { method: "GET", path: `/orders/${orderId}` });
      if (isSettled(status)) return;
    }
  }

  /** Reads an order back. */
  async readOrder({ session }: Customer, orderId: string): Promise<OrderState> {
    const order = await this.#bodyAs(session, { method: "GET", path: `/orders/${orderId}` });
    const lines = asObjects(order.items).map(({ price, quantity }) => fromAmount(price) * Number(quantity));
    const discounts = new Map(
      asObjects(order.discounts ?? []).map(({ name, amount }) => [asText(name, "name"), fromAmount(amount)]),
    );
    const discountMinor = [...discounts.values()].reduce(addPence, 0);
    const goodsMinor = lines.reduce(addPence, 0) - discountMinor;
    return { status: asText(order.status, "status"), goodsMinor, discounts };
  }

  /** Reads a resource as someone. */
  read(session: Session, path: string): Promise<Json> {
    return this.#bodyAs(session, { method: "GET", path });
  }

  /** Writes a resource as someone. */
  write(session: Session, request: HttpRequest): Promise<Json> {
    return this.#bodyAs(session, request);
  }

  /** Reads a document in its form for people. */
  async readPdf(session: Session, path: string): Promise<Buffer> {
    return (await this.#sendAs(session, { method: "GET", path, headers: { accept: "application/pdf" } })).bytes;
  }

  /** Refunds a part of an order, once for each key. */
  async refund(staff: Session, orderId: string, { key, amountMinor }: Pick<PlannedRefund, "key" | "amountMinor">) {
    const { payment } = await this.read(staff, `/orders/${orderId}?expand=payment`);
    const path = `/payments/${asText(asObject(payment).paymentId, "paymentId")}/refund`;
    const body = { amount: toAmount(amountMinor), reason: "returned" };
    await this.#bodyAs(staff, { method: "POST", path, headers: { "idempotency-key": key }, body });
  }

  /** Creates something that may exist already: gives its `customerId` when it is new. */
  async #known(staff: Session, request: HttpRequest): Promise<string | undefined> {
    try {
      return asText((await this.#bodyAs(staff, request)).customerId, "customerId");
    } catch (error) {
      if (error instanceof ShopError && error.status === 409) return undefined;
      throw error;
    }
  }

  async #login(email: string): Promise<Json> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#body({ method: "POST", path: "/auth/login", body: { email, password: PASSWORD } });
      } catch (error) {
        if (!(error instanceof ShopError) || error.status !== 401 || attempt >= LOGIN_ATTEMPTS) throw error;
        await sleep(LOGIN_RETRY_MS);
      }
    }
  }

  async #body(request: HttpRequest): Promise<Json> {
    return (await this.#send(request)).body;
  }

  async #bodyAs(session: Session, request: HttpRequest): Promise<Json> {
    return (await this.#sendAs(session, request)).body;
  }

  /** Sends as someone. A token that is refused is renewed once: a shop that was started anew may have a new key. */
  async #sendAs(session: Session, request: HttpRequest): Promise<Accepted> {
    const as = (token: string): HttpRequest => ({
      ...request,
      headers: { ...request.headers, authorization: `Bearer ${token}` },
    });
    const token = await session.token();
    try {
      return await this.#send(as(token));
    } catch (error) {
      if (!(error instanceof ShopError) || error.status !== 401) throw error;
      const current = await session.token();
      return await this.#send(as(current === token ? await session.renew() : current));
    }
  }

  /**
   * Sends until there is an answer that waiting does not change.
   * @throws ShopError when it is not a success
   * @throws Error when the shop was away for too long
   */
  async #send(request: HttpRequest): Promise<Accepted> {
    const retryPolicy = new RetryPolicy(this.#awayMs, performance.now());
    for (;;) {
      const answer = await this.#http.send(request).catch((error: Error) => error);
      if (!(answer instanceof Error) && answer.status >= 200 && answer.status < 300) {
        return { headers: answer.headers, bytes: answer.bytes, body: jsonObject(answer.text) };
      }
      const problem = answer instanceof Error ? {} : jsonObject(answer.text);
      const delayMs = retryPolicy.delayAfter(
        answer instanceof Error
          ? "noAnswer"
          : { status: answer.status, code: String(problem.code), retryAfter: answer.headers["retry-after"] },
        performance.now(),
      );
      if (delayMs !== undefined) await sleep(delayMs);
      else if (answer instanceof Error) throw new Error(`the shop does not answer: ${answer.message || answer.name}`);
      else throw new ShopError(request, answer.status, problem);
    }
  }
}

interface Accepted {
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  body: Json;
}

const PAID = new Set(["paid", "processing", "shipped", "delivered"]);
const OVER = new Set(["cancelled", "refunded"]);

/** Whether the money of an order was taken and kept. */
export function isPaid(status: unknown): boolean {
  return typeof status === "string" && PAID.has(status);
}

function isSettled(status: unknown): boolean {
  return isPaid(status) || (typeof status === "string" && OVER.has(status));
}

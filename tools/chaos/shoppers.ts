import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Journal } from "#tools/verify/journal.ts";
import type { Balancer } from "./balancer.ts";
import type { Answer, Request } from "./http.ts";
import type { Random } from "./random.ts";

const ANSWER_TIMEOUT_MS = 15_000;
const GIVE_UP_MS = 120_000; // a client retries for this long
const RETRY_MS = { from: 50, to: 400 };
const GUESTS = 0.3; // of those who check a cart out
const DECLINED_FIRST = 0.3; // of those who check a cart out: their first card is declined
const STORED_VALUE = 0.5; // of those who check a cart out: they pay with a gift card, and customers with store credit
const PASSWORD = "a-long-enough-password";
const ADDRESS = { street: "1 Market Street", city: "San Francisco", state: "CA", zipCode: "94105", country: "US" };

export interface Goods {
  productId: string;
  sku: string;
  price: number;
  /** Whose offer it is; undefined: it is the shop's own. */
  sellerId?: string;
}

/** One request and its answer, or the absence of one. */
export interface Sample {
  what: string;
  at: number;
  ms: number;
  /** 0: no answer. */
  status: number;
}

/** A client that retries until it has an answer, and writes each answer into the journal. */
export class Caller {
  readonly name: string;
  token: string | undefined;
  /** Clients have an address each, because the shop bounds logins and registrations of one address. */
  readonly #address: string;
  readonly #balancer: Balancer;
  readonly #journal: Journal;
  readonly #random: Random;
  readonly #samples: Sample[];
  login: (() => Promise<void>) | undefined;

  constructor(name: string, parts: { balancer: Balancer; journal: Journal; random: Random; samples: Sample[] }) {
    this.name = name;
    this.#address = `10.${createHash("sha256").update(name).digest().subarray(0, 3).join(".")}`;
    this.#balancer = parts.balancer;
    this.#journal = parts.journal;
    this.#random = parts.random;
    this.#samples = parts.samples;
  }

  /** One attempt. @returns undefined when there was no answer */
  async attempt(what: string, request: Request): Promise<Answer | undefined> {
    const began = performance.now();
    const answer = await this.#balancer
      .send(
        { token: this.token, ...request, headers: { ...request.headers, "x-forwarded-for": this.#address } },
        ANSWER_TIMEOUT_MS,
      )
      .catch(() => undefined);
    const status = answer?.status ?? 0;
    this.#samples.push({ what, at: began, ms: performance.now() - began, status });
    if (answer) {
      const { method, path, headers } = request;
      const key = headers?.["idempotency-key"];
      this.#journal.write({
        at: new Date().toISOString(),
        client: this.name,
        method,
        path,
        status,
        ...(key ? { key } : {}),
        ...(status < 300 && method !== "GET" ? { body: answer.body } : {}),
      });
    }
    return answer;
  }

  /** Retries until there is a final answer: a success, or a refusal with a reason. @returns undefined after `GIVE_UP_MS` */
  async insist(what: string, request: Request, until = performance.now() + GIVE_UP_MS): Promise<Answer | undefined> {
    while (performance.now() < until) {
      const answer = await this.attempt(what, request);
      if (answer?.status === 401 && this.login) await this.login();
      else if (answer && !isTrouble(answer)) return answer;
      await sleep(this.#random.between(RETRY_MS.from, RETRY_MS.to));
    }
    return undefined;
  }
}

function isTrouble({ status, body }: Answer): boolean {
  return status >= 500 || status === 429 || (status === 409 && body?.code === "IDEMPOTENCY_IN_PROGRESS");
}

export interface OrderOptions {
  quantity?: number;
  method?: string;
  /** Seconds that the client asks the shop to wait (`Prefer: wait`). */
  wait?: number;
  key?: string;
  /** The code of a coupon. */
  coupon?: string | undefined;
  /** One piece of each of these as well. */
  besides?: readonly Goods[];
}

/** A customer who orders, cancels, is declined, and so on. */
export class Shopper {
  readonly caller: Caller;
  readonly #random: Random;
  #customerId = "";
  #email = "";

  constructor(caller: Caller, random: Random) {
    this.caller = caller;
    this.#random = random;
  }

  get customerId(): string {
    return this.#customerId;
  }

  get credentials(): { email: string; password: string } {
    return { email: this.#email, password: PASSWORD };
  }

  /** @returns false when nobody answered for too long */
  async register(): Promise<boolean> {
    this.#email = `chaos-${randomUUID()}@example.com`;
    const made = await this.caller.insist("register", {
      method: "POST",
      path: "/customers",
      headers: { "idempotency-key": randomUUID() },
      body: { email: this.#email, password: PASSWORD, firstName: "Ada", lastName: "Buyer" },
    });
    if (!made) return false;
    if (made.status !== 201) throw new Error(`A registration answered ${made.status}: ${JSON.stringify(made.body)}`);
    this.#customerId = made.body.customerId;
    this.caller.login = () => this.#login();
    await this.#login();
    return true;
  }

  async #login(): Promise<void> {
    this.caller.token = undefined;
    const request: Request = { method: "POST", path: "/auth/login", body: this.credentials };
    const answer = await this.caller.insist("login", request);
    this.caller.token = answer?.body.accessToken;
  }

  /** @returns the answer to `POST /orders` */
  order(goods: Goods, options: OrderOptions & { what?: string } = {}): Promise<Answer | undefined> {
    return this.caller.insist(options.what ?? "order", this.orderRequest(goods, options));
  }

  orderRequest(
    goods: Goods,
    { quantity = 1, method = "pm_card_visa", wait = 0, key = randomUUID(), coupon, besides = [] }: OrderOptions = {},
  ): Request {
    return {
      method: "POST",
      path: "/orders",
      headers: { "idempotency-key": key, ...(wait ? { prefer: `wait=${wait}` } : {}) },
      body: {
        customerId: this.#customerId,
        items: [{ ...goods, quantity }, ...besides.map((more) => ({ ...more, quantity: 1 }))],
        shippingAddress: ADDRESS,
        paymentMethodId: method,
        ...(coupon === undefined ? {} : { couponCode: coupon }),
      },
    };
  }

  cancel(orderId: string) {
    return this.caller.insist("cancel", {
      method: "POST",
      path: `/orders/${orderId}/cancel`,
      headers: { "idempotency-key": randomUUID() },
      body: { reason: "changed_my_mind" },
    });
  }

  read(orderId: string) {
    return this.caller.attempt("read order", { method: "GET", path: `/orders/${orderId}?expand=payment` });
  }

  /**
   * Buys a cart, sometimes as a guest, sometimes with a second card after the first one was declined, and sometimes with a
   * gift card, which several shoppers have, and perhaps with a coupon.
   * @returns the answer to the last checkout
   */
  async checkOut(
    goods: Goods,
    { giftCards = [], coupon }: { giftCards?: readonly string[]; coupon?: string | undefined } = {},
  ): Promise<Answer | undefined> {
    const isGuest = this.#random.next() < GUESTS;
    const stored = this.#random.next() < STORED_VALUE ? { giftCards, ...(isGuest ? {} : { storeCredit: true }) } : {};
    const who = isGuest ? { token: undefined } : {};
    const guest = isGuest ? { email: `guest-${randomUUID()}@example.com` } : {};
    const cart = await this.caller.insist("cart", {
      ...who,
      method: "POST",
      path: "/carts",
      headers: { "idempotency-key": randomUUID() },
      body: {},
    });
    if (cart?.status !== 201) return undefined;
    const headers: Record<string, string> = cart.body.cartToken ? { "x-cart-token": String(cart.body.cartToken) } : {};
    const added = await this.caller.insist("cart item", {
      ...who,
      method: "POST",
      path: `/carts/${cart.body.cartId}/items`,
      headers: { ...headers, "idempotency-key": randomUUID() },
      body: {
        ...{ productId: goods.productId, sku: goods.sku, quantity: this.#random.between(1, 3) },
        ...(goods.sellerId === undefined ? {} : { sellerId: goods.sellerId }),
      },
    });
    if (added?.status !== 200 && added?.status !== 201) return undefined;
    if (coupon !== undefined) {
      const path = `/carts/${cart.body.cartId}/coupons`;
      await this.caller.insist("coupon", { ...who, method: "POST", path, headers, body: { code: coupon } });
    }
    const pay = (paymentMethodId: string, wait: Record<string, string> = {}) =>
      this.caller.insist("checkout", {
        ...who,
        method: "POST",
        path: "/checkout",
        headers: { ...headers, ...wait, "idempotency-key": randomUUID() },
        body: {
          ...{ cartId: cart.body.cartId, shippingAddress: ADDRESS, paymentMethodId },
          ...guest,
          ...stored,
        },
      });
    if (this.#random.next() < DECLINED_FIRST) await pay("pm_card_chargeDeclined", { prefer: "wait=5" });
    return pay("pm_card_visa");
  }

  /** An order whose payment the customer has to confirm; the customer does so, pays with another card, or leaves it. */
  async authenticate(goods: Goods): Promise<void> {
    const order = await this.order(goods, { method: "pm_card_authenticationRequired", wait: 2 });
    if (order?.status !== 201) return;
    const { orderId } = order.body;
    const seen = await this.caller.insist("read order", { method: "GET", path: `/orders/${orderId}?expand=payment` });
    const paymentId = seen?.body.payment?.paymentId;
    const choice = this.#random.next();
    if (!paymentId || choice < 0.3) {
      await this.cancel(orderId);
      return;
    }
    if (choice < 0.5) {
      const { totalAmount: amount } = order.body;
      await this.caller.insist("authorize", {
        method: "POST",
        path: "/payments/authorize",
        headers: { "idempotency-key": randomUUID() },
        body: { orderId, customerId: this.#customerId, amount, paymentMethodId: "pm_card_visa" },
      });
      return;
    }
    const path = `/payments/${paymentId}/confirm`;
    const confirmed = await this.caller.insist("confirm", {
      method: "POST",
      path,
      headers: { "idempotency-key": randomUUID() },
      body: {},
    });
    if (confirmed?.status !== 200) await this.cancel(orderId);
  }
}

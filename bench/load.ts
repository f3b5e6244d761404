/** The load generator: a process that plays the shop's clients. See `LoadJob` for what it can be asked. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient, type HttpRequest } from "#tools/replay/http.ts";
import { asText, type Json } from "#tools/replay/json.ts";
import { isPaid } from "#tools/replay/shop.ts";
import { ApiError, call } from "./api.ts";
import { runWindow, type Window } from "./window.ts";
import { answerJobs } from "./worker.ts";

/** Connections of the generator; more than any number of clients that is measured. */
const CONNECTIONS = 128;
/** Lines of an order. */
const LINES = 2;
/** Looks at an order that had not settled when its POST was answered, and the pause between them in milliseconds. */
const LOOKS = 200;
const LOOK_MS = 50;
/** Tries of an order that a busy cluster refuses, and the pause between them in milliseconds. */
const BUSY_TRIES = 100;
const BUSY_MS = 100;

export interface Buyer {
  customerId: string;
  token: string;
}

export interface Offer {
  productId: string;
  sku: string;
  /** As it goes over the wire. */
  price: number;
}

export type LoadJob =
  /** From `POST /orders` to paid; one client per buyer. */
  | { kind: "orders"; url: string; seconds: number; buyers: Buyer[]; offers: Offer[] }
  /** The same, from all gateways of a cluster in turn. */
  | { kind: "cluster-orders"; urls: string[]; seconds: number; buyers: Buyer[]; offers: Offer[] }
  /** From an empty cart to a paid order; one client per buyer. */
  | { kind: "checkouts"; url: string; seconds: number; buyers: Buyer[]; offers: Offer[] }
  /**
   * Anonymous GETs of the paths in turn, while other clients register customers without a pause. A patient client that is
   * refused waits as long as it is told to, and goes on.
   */
  | {
      kind: "reads";
      url: string;
      seconds: number;
      clients: number;
      paths: string[];
      registering?: number;
      patient?: boolean;
    }
  /** `POST /prices:batch` with the bodies in turn, one after the other, ending with the first. */
  | { kind: "prices"; url: string; seconds: number; token: string; bodies: string[]; rows: number };

const address = { street: "1 Bench Street", city: "Springfield", state: "IL", zipCode: "62701", country: "US" };
const paymentMethodId = "pm_card_visa";

async function work(job: LoadJob): Promise<Window> {
  if (job.kind === "cluster-orders") return buyFromAll(job);
  const http = new HttpClient(job.url, CONNECTIONS);
  try {
    switch (job.kind) {
      case "orders":
        return await buy(job, (buyer) => placeOrder(http, buyer, job.offers));
      case "checkouts":
        return await buy(job, (buyer) => checkOut(http, buyer, job.offers));
      case "reads":
        return await read(http, job);
      case "prices":
        return await setPrices(http, job);
      default:
        return job satisfies never;
    }
  } finally {
    http.close();
  }
}

async function buyFromAll(job: LoadJob & { kind: "cluster-orders" }): Promise<Window> {
  const gateways = job.urls.map((url) => new HttpClient(url, CONNECTIONS));
  try {
    return await buy(job, async (buyer, client) => {
      const http = gatewayOf(gateways, client);
      for (let tries = 1; ; tries += 1) {
        try {
          return await placeOrder(http, buyer, job.offers);
        } catch (error) {
          // A node that has just started is slow, and its gateway refuses what it could not answer in time.
          if (!(error instanceof ApiError) || error.status !== 503 || tries === BUSY_TRIES) throw error;
          await sleep(BUSY_MS);
        }
      }
    });
  } finally {
    for (const http of gateways) http.close();
  }
}

function gatewayOf(gateways: readonly HttpClient[], client: number): HttpClient {
  return gateways[client % gateways.length] as HttpClient; // there is at least one
}

function buy(
  job: { seconds: number; buyers: Buyer[] },
  once: (buyer: Buyer, client: number) => Promise<void>,
): Promise<Window> {
  return runWindow(job.buyers.length, job.seconds, async (client) => {
    await once(job.buyers[client] as Buyer, client); // one client per buyer
    return 1;
  });
}

async function placeOrder(http: HttpClient, { customerId, token }: Buyer, offers: readonly Offer[]): Promise<void> {
  const items = Array.from({ length: LINES }, () => ({ ...anyOf(offers), quantity: 1 }));
  const body = { customerId, items, shippingAddress: address, paymentMethodId };
  await paid(
    http,
    token,
    await call(http, { method: "POST", path: "/api/v1/orders", headers: waiting(), body }, token),
  );
}

async function checkOut(http: HttpClient, { token }: Buyer, offers: readonly Offer[]): Promise<void> {
  const cart = await call(http, { method: "POST", path: "/api/v1/carts", body: {} }, token);
  const cartId = asText(cart.cartId, "cartId");
  const headers: Record<string, string> = typeof cart.cartToken === "string" ? { "x-cart-token": cart.cartToken } : {};
  for (let line = 0; line < LINES; line += 1) {
    const { productId, sku } = anyOf(offers);
    const item: HttpRequest = {
      method: "POST",
      path: `/api/v1/carts/${cartId}/items`,
      headers,
      body: { productId, sku, quantity: 1 },
    };
    await call(http, item, token);
  }
  const checkout: HttpRequest = {
    method: "POST",
    path: "/api/v1/checkout",
    headers: { ...headers, ...waiting() },
    body: { cartId, shippingAddress: address, paymentMethodId },
  };
  await paid(http, token, await call(http, checkout, token));
}

/** What a careful client sends along: a key of its own, and that it would rather wait than ask again. */
function waiting(): Record<string, string> {
  return { "idempotency-key": randomUUID(), prefer: "wait=10" };
}

/** @throws Error when the order is not paid in the end */
async function paid(http: HttpClient, token: string, order: Json): Promise<void> {
  let { status } = order;
  for (let look = 0; look < LOOKS && (status === "pending_payment" || status === "confirmed"); look += 1) {
    await sleep(LOOK_MS);
    status = (await call(http, { method: "GET", path: `/api/v1/orders/${String(order.orderId)}` }, token)).status;
  }
  if (!isPaid(status)) throw new Error(`an order ended as ${String(status)}`);
}

async function read(
  http: HttpClient,
  { clients, seconds, paths, registering = 0, patient }: LoadJob & { kind: "reads" },
): Promise<Window> {
  let next = 0;
  const registrations = registering > 0 ? runWindow(registering, seconds, () => register(http)) : undefined;
  const window = await runWindow(clients, seconds, async () => {
    const path = paths[next % paths.length] ?? "/";
    next += 1;
    const { status, headers } = await http.send({ method: "GET", path });
    if (patient && status === 503) {
      await sleep(Number(headers["retry-after"] ?? 1) * 1_000);
      return 0;
    }
    if (status !== 200) throw new Error(`GET ${path} answered ${status}`);
    return 1;
  });
  if ((await registrations)?.done === 0) throw new Error("nobody could register");
  return window;
}

async function register(http: HttpClient): Promise<number> {
  const body = {
    email: `bench-${randomUUID()}@customers.example`,
    password: "bench-customer-password-1",
    firstName: "Bench",
    lastName: "Customer",
  };
  await call(http, { method: "POST", path: "/api/v1/customers", body });
  return 1;
}

async function setPrices(
  http: HttpClient,
  { seconds, token, bodies, rows }: LoadJob & { kind: "prices" },
): Promise<Window> {
  const set = (body: string | undefined) => call(http, { method: "POST", path: "/api/v1/prices:batch", body }, token);
  let next = 0;
  const window = await runWindow(1, seconds, async () => {
    next += 1;
    await set(bodies[next % bodies.length]);
    return rows;
  });
  await set(bodies[0]); // the prices that others expect
  return window;
}

function anyOf(offers: readonly Offer[]): Offer {
  const offer = offers[Math.floor(Math.random() * offers.length)];
  if (offer === undefined) throw new Error("there is nothing to buy");
  return offer;
}

answerJobs(work);

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";
import type { Answer, Request } from "./http.ts";
import type { Random } from "./random.ts";
import type { Caller, Goods, Shopper } from "./shoppers.ts";

const POLLS = 240;
const POLL_MS = 250;
const HOME = { city: "San Francisco", state: "CA", zipCode: "94105", country: "US" };
const ABROAD = { street: "Unter den Linden 1", city: "Berlin", state: "", zipCode: "10117", country: "DE" };

/** What it needs of the load, which uses it itself. */
interface Shop {
  staff: Caller;
  goods: readonly Goods[];
  newShopper(): Shopper;
}

/** The fate of an order that staff reject. */
export const REJECTED = 0.4;

/**
 * A guest with a disposable email address orders something that is billed abroad. Staff decide about it, the customer cancels
 * it, its time passes, or two of these at once.
 * @param fate between 0 and 1: which of these happens
 */
export async function suspiciousOrder(
  cluster: Cluster,
  load: Shop,
  random: Random,
  fate = random.next(),
): Promise<void> {
  const { caller } = load.newShopper();
  const { productId, sku } = random.of(load.goods);
  let headers: Record<string, string> = {};
  const send = (what: string, path: string, body: object) => {
    const request: Request = { method: "POST", path, headers: { ...headers, "idempotency-key": randomUUID() }, body };
    return caller.insist(what, request);
  };
  const cart = await send("cart", "/carts", {});
  if (cart?.status !== 201) return;
  headers = { "x-cart-token": String(cart.body.cartToken) };
  await send("cart item", `/carts/${cart.body.cartId}/items`, { productId, sku, quantity: 1 });
  const order = await send("suspicious checkout", "/checkout", {
    ...{ cartId: cart.body.cartId, email: `${randomUUID()}@mailinator.com`, paymentMethodId: "pm_card_visa" },
    // An address of its own: one that many have ordered to would make the order too suspicious for a review.
    shippingAddress: { ...HOME, street: `${random.between(1, 1_000_000)} Market Street` },
    billingAddress: ABROAD,
  });
  if (order?.status !== 201 || !order.body.underReview) return; // too suspicious, or fraud was down
  const { orderId, orderToken } = order.body;
  headers = { "x-order-token": String(orderToken) };
  const cancel = () => send("cancel", `/orders/${orderId}/cancel`, {});
  if (fate < 0.3) await decide(load, orderId, "approve");
  else if (fate < 0.5) await decide(load, orderId, "reject");
  else if (fate < 0.65) await Promise.all([decide(load, orderId, "approve"), decide(load, orderId, "reject")]);
  else if (fate < 0.8) await Promise.all([cancel(), decide(load, orderId, random.next() < 0.5 ? "approve" : "reject")]);
  else if (fate < 0.9) await cancel();
  else await passDeadline(cluster, orderId);
}

/** Somebody whose cards were declined often may have become suspicious: their orders are approved. */
export async function approveTheRest(cluster: Cluster, load: Shop): Promise<void> {
  const open = "SELECT order_id AS id FROM review WHERE status = 'open'";
  for (const { id } of await cluster.query<{ id: string }>("fraud", open).catch(() => []))
    await decide(load, id, "approve");
}

/** Insists until there is a review to decide about: it is opened by the event of the order. */
async function decide({ staff }: Shop, orderId: string, verdict: "approve" | "reject"): Promise<void> {
  const path = `/fraud/reviews/${orderId}/${verdict}`;
  let answer: Answer | undefined;
  for (let poll = 0; poll < POLLS && (answer === undefined || answer.status === 404); poll++) {
    if (poll > 0) await sleep(POLL_MS);
    answer = await staff.insist("review", {
      method: "POST",
      path,
      headers: { "idempotency-key": randomUUID() },
      body: {},
    });
  }
}

async function passDeadline(cluster: Cluster, orderId: string): Promise<void> {
  const pass = "UPDATE review SET deadline_at = now() WHERE order_id = $1 RETURNING 1";
  for (let poll = 0; poll < POLLS; poll++) {
    const passed = await cluster.query("fraud", pass, [orderId]).catch(() => []);
    if (passed.length > 0) return;
    await sleep(POLL_MS);
  }
}

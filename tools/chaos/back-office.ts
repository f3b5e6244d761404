import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import type { Answer, Request } from "./http.ts";
import type { Load } from "./load.ts";
import { mediaActions } from "./media-actions.ts";
import { priceActions } from "./price-actions.ts";
import { promotionActions } from "./promotion-actions.ts";
import type { Random } from "./random.ts";
import type { Shopper } from "./shoppers.ts";

const NEEDS_THE_CUSTOMER = "pm_card_authenticationRequired";
const WAITING_POLLS = 60;
const POLL_MS = 500;
const CRASHED_MS = 3_600_000;
const LOST_SECONDS = 60; // whoever reserved something for an order has stored it by then, or has crashed
const NEVER_MS = 3_600_000; // longer than a run

/** Every write that staff make, except restocking. */
export async function staffActions(load: Load, random: Random): Promise<void> {
  const { staff } = load;
  const pictures = mediaActions(load, random);
  const name = `chaos-${randomUUID()}`;
  const goods = random.of(load.goods);
  const send = (method: Request["method"], path: string, body?: object) =>
    staff.insist("office", { method, path, headers: { "idempotency-key": randomUUID() }, ...(body ? { body } : {}) });
  await send("POST", "/brands", { slug: name, name });
  await send("DELETE", `/brands/${name}`);
  await send("POST", "/categories", { slug: name, name });
  await send("PUT", `/categories/${name}`, { name: "Renamed" });
  await send("DELETE", `/categories/${name}`);
  const product = await send("POST", "/products", { title: name, slug: name, variants: [{ sku: name }] });
  await send("PUT", `/products/${product?.body.productId}`, { title: "Renamed" });
  await send("POST", "/products:batch", {
    products: [{ title: name, slug: `${name}-b`, variants: [{ sku: `${name}-b`, price: { amount: 5 } }] }],
  });
  await staff.insist("office", {
    method: "POST",
    path: "/imports/products?create=brands",
    headers: { "content-type": "text/csv" },
    body: `slug,title,brand,sku,price\n${name}-c,${name},${name}-c,${name}-c,5\n${name}-d,,,${name}-d,\n`,
  });
  await send("PUT", `/prices/${name}`, { amount: random.between(1, 99), currency: "USD" });
  await send("DELETE", `/products/${product?.body.productId}`);
  await send("POST", "/prices:batch", {
    prices: [{ sku: `${name}-b`, amount: random.between(1, 99), currency: "USD" }],
  });
  await publishAndGoBack(load, send);
  const streamed = Array.from({ length: 3 }, () => ({ sku: `${name}-b`, amount: random.between(1, 99) }));
  await staff.insist("office", {
    method: "POST",
    path: "/prices:stream",
    headers: { "content-type": "application/x-ndjson" },
    body: streamed.map((line) => `${JSON.stringify(line)}\n`).join(""),
  });
  await send("POST", "/warehouses", { name });
  await send("POST", "/inventory:batch", { adjustments: [{ sku: `${name}-b`, delta: 5, reason: "delivery" }] });
  await send("POST", `/inventory/${goods.sku}/adjustments`, { warehouseId: "wh_main", delta: 1, reason: "delivery" });
  const colleague = {
    email: `${name}@example.com`,
    password: "a-long-enough-password",
    name: "Colleague",
    roles: ["warehouse"],
  };
  await priceActions(staff, `${name}-b`, random.of(load.shoppers).customerId, random);
  await promotionActions(staff);
  const user = await send("POST", "/users", colleague);
  await send("PUT", `/users/${user?.body.staffId}`, { name: "Renamed" });
  await send("PUT", `/users/${user?.body.staffId}`, { active: false });
  await pictures;
}

type Send = (method: Request["method"], path: string, body?: object) => Promise<Answer | undefined>;

/** A publication, one that is scheduled and one that is cancelled, and a version that was a mistake. */
async function publishAndGoBack(load: Load, send: Send): Promise<void> {
  const soon = await load.publish({ at: new Date().toISOString(), note: "soon" });
  const never = await load.publish({ at: new Date(Date.now() + NEVER_MS).toISOString() });
  if (never) await send("DELETE", `/publications/${never.body.version}`);
  const mistake = await load.publish({ note: "a mistake" });
  const listed = await load.staff.insist("publications", { method: "GET", path: "/publications?limit=100" });
  const versions: { version: number; state: string; shown: boolean }[] = listed?.body.publications ?? [];
  const before = versions.find(({ state, shown }) => state === "published" && !shown);
  if (before && mistake && soon) await send("POST", `/publications/${before.version}/rollback`, {});
  await load.publish(); // the shop shows everything again
}

/** Requests of customers and staff that race with each other and with the saga. */
export async function racingActions(cluster: Cluster, load: Load, random: Random): Promise<void> {
  await Promise.all([
    payManually(load, random),
    raceForLastPiece(load, random),
    payWithAnotherCard(load, random),
    returnToCrashedCheckout(cluster, load, random),
  ]);
}

/** A payment that waits for its customer gives way to another card. */
async function payWithAnotherCard(load: Load, random: Random): Promise<void> {
  const shopper = random.of(load.shoppers);
  const order = await shopper.order(random.of(load.goods), { method: NEEDS_THE_CUSTOMER, wait: 2 });
  if (order?.status === 201) await authorize(shopper, order.body);
}

function authorize(shopper: Shopper, { orderId, totalAmount: amount }: Answer["body"]) {
  return shopper.caller.insist("authorize", {
    method: "POST",
    path: "/payments/authorize",
    headers: { "idempotency-key": randomUUID() },
    body: { orderId, customerId: shopper.customerId, amount, paymentMethodId: "pm_card_visa" },
  });
}

/** A customer changes a cart whose checkout crashed before it had an order, long ago. */
async function returnToCrashedCheckout(cluster: Cluster, load: Load, random: Random): Promise<void> {
  const shopper = random.of(load.shoppers);
  const { productId, sku } = random.of(load.goods);
  const send = (path: string, body: object) =>
    shopper.caller.insist("cart", { method: "POST", path, headers: { "idempotency-key": randomUUID() }, body });
  const cart = await send("/carts", {});
  if (cart?.status !== 201) return;
  const { cartId } = cart.body;
  await send(`/carts/${cartId}/items`, { productId, sku, quantity: 1 });
  if (await freezeLongAgo(cluster, String(cartId))) {
    await send(`/carts/${cartId}/items`, { productId, sku, quantity: 1 });
  }
}

/** Writes into a cart what a checkout that crashed an hour ago has left. @returns false when the store has lost the cart */
async function freezeLongAgo(cluster: Cluster, cartId: string): Promise<boolean> {
  const redis = new Redis(cluster.redis.url);
  try {
    const key = `${NAMESPACE}_carts:cart:${cartId}`;
    const value = await redis.hget(key, "value");
    if (value === null) return false;
    const checkout = { attempt: 1, at: Date.now() - CRASHED_MS };
    await redis.hset(key, "value", JSON.stringify({ ...JSON.parse(value), checkout, attempts: 1 }));
    return true;
  } finally {
    redis.disconnect();
  }
}

/** Every write that customers make, except buying. */
export async function accountActions(load: Load, random: Random): Promise<void> {
  const newcomer = load.newShopper();
  if (!(await newcomer.register())) return;
  const path = `/customers/${newcomer.customerId}`;
  const send = (method: Request["method"], rest: string, body?: object) =>
    newcomer.caller.insist("account", { method, path: `${path}${rest}`, ...(body ? { body } : {}) });
  const address = { street: "1 Market Street", city: "San Francisco", state: "CA", zipCode: "94105", country: "US" };
  await send("PUT", "", { firstName: "Grace" });
  const added = await send("POST", "/addresses", address);
  const addressId = added?.body.addressId ?? added?.body.addresses?.at(-1)?.addressId;
  await send("PUT", `/addresses/${addressId}`, { ...address, city: "Oakland" });
  await send("DELETE", `/addresses/${addressId}`);
  await send("PUT", "/preferences", { newsletter: true });
  await newcomer.order(random.of(load.goods), { method: NEEDS_THE_CUSTOMER, wait: 2 }); // and never comes back
}

/** Several customers order the last piece at once; one gets it. */
async function raceForLastPiece(load: Load, random: Random): Promise<void> {
  const last = await load.newGoods(1);
  await Promise.all(Array.from({ length: 3 }, () => random.of(load.shoppers).order(last)));
}

/** A client authorises and staff capture, in a race with the saga, which does the same. */
async function payManually(load: Load, random: Random): Promise<void> {
  const shopper = random.of(load.shoppers);
  const order = await shopper.order(random.of(load.goods));
  if (order?.status !== 201) return;
  const authorized = await authorize(shopper, order.body);
  if (authorized?.status !== 200) return;
  await load.staff.insist("capture", {
    method: "POST",
    path: `/payments/${authorized.body.paymentId}/capture`,
    headers: { "idempotency-key": randomUUID() },
    body: { amount: 1 },
  });
}

/** Moves deadlines of waiting orders, reservations and authorisations into the past, instead of waiting for hours. */
export async function expireDeadlines(cluster: Cluster): Promise<void> {
  await cluster
    .query(
      "orders",
      "UPDATE orders SET deadline_at = now() WHERE payment_status = 'requires_action' AND status = 'pending_payment'",
    )
    .catch(() => []);
  await cluster
    .query("inventory", "UPDATE reservation SET expires_at = now() - interval '1 second' WHERE state = 'reserved'")
    .catch(() => []);
  await cluster
    .query(
      "promotions",
      "UPDATE reservation SET expires_at = now() WHERE state = 'held' AND changed_at < now() - make_interval(secs => $1)",
      [LOST_SECONDS],
    )
    .catch(() => []);
  await cluster
    .query(
      "sellers",
      "UPDATE sold_order SET expires_at = now() WHERE state = 'held' AND changed_at < now() - make_interval(secs => $1)",
      [LOST_SECONDS],
    )
    .catch(() => []);
  await cluster
    .query(
      "payments",
      "UPDATE payment SET updated_at = now() - interval '1 day', asked_at = now() - interval '1 day' WHERE state IN ('authorized', 'requires_action') AND random() < 0.3",
    )
    .catch(() => []);
}

/** Expires deadlines until the last order that waits for its customer is cancelled. */
export async function expireUntilNoneWaits(cluster: Cluster): Promise<void> {
  for (let look = 0; look < WAITING_POLLS; look++) {
    const waiting = await cluster
      .query("orders", "SELECT FROM orders WHERE status = 'pending_payment' AND payment_method_id = $1", [
        NEEDS_THE_CUSTOMER,
      ])
      .catch(() => [{}]);
    if (waiting.length === 0) return;
    await expireDeadlines(cluster);
    await sleep(POLL_MS);
  }
}

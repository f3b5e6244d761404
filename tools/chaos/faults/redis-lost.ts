import { randomUUID } from "node:crypto";
import { authLimits } from "#services/identity/auth/domain/limits.ts";
import { check, type Fault } from "../fault.ts";
import { type Probe, probe, refusedProperly, summary } from "../probe.ts";

const REFUSED_WITHIN_MS = 2_000;
const TRIES = 3;

export const redisLost: Fault = {
  name: "F16",
  title: "Redis killed, and back empty",
  async run({ cluster, load, random, note }) {
    load.start();
    const shopper = random.of(load.shoppers);
    const { token } = shopper.caller;
    const gateway = cluster.balancer.gateway("shop-1");
    const send = (method: "GET" | "POST", path: string, body?: object, as: string | undefined = token) =>
      probe(gateway, {
        method,
        path,
        token: as,
        headers: { "idempotency-key": randomUUID() },
        ...(body ? { body } : {}),
      });
    const cart = await send("POST", "/carts", {});
    const goods = random.of(load.goods);
    await send("POST", `/carts/${cart.body?.cartId}/items`, {
      productId: goods.productId,
      sku: goods.sku,
      quantity: 1,
    });

    note("Redis is killed");
    await cluster.redis.kill();
    const seen: Record<"orders" | "reads" | "logins" | "carts", Probe[]> = {
      orders: [],
      reads: [],
      logins: [],
      carts: [],
    };
    for (let i = 0; i < TRIES; i++) {
      seen.orders.push(await probe(gateway, { ...shopper.orderRequest(goods), token }));
      seen.reads.push(
        await send("GET", `/products/${goods.productId}`),
        await send("GET", `/customers/${shopper.customerId}/orders`),
      );
      seen.logins.push(await send("POST", "/auth/login", shopper.credentials, ""));
      seen.carts.push(await send("GET", `/carts/${cart.body?.cartId}`));
    }
    const guesses: Probe[] = [];
    const account = { email: `nobody-${randomUUID()}@example.com`, password: "a-wrong-password" };
    for (let i = 0; i <= authLimits.PAIR_FREE_FAILURES; i++)
      guesses.push(await send("POST", "/auth/login", account, ""));

    note("Redis is back, empty");
    await cluster.redis.start();
    const lost = await untilServed(() => send("GET", `/carts/${cart.body?.cartId}`));
    await load.stop();
    const cartsWell = seen.carts.every((one) => one.status === 200 || refusedProperly(one, REFUSED_WITHIN_MS));
    return [
      check(
        seen.orders.every(({ status }) => status === 201),
        `without Redis: orders ${summary(seen.orders)}`,
      ),
      check(
        seen.reads.every(({ status }) => status === 200),
        `reads ${summary(seen.reads)}`,
      ),
      check(
        seen.logins.every(({ status }) => status === 200),
        `logins ${summary(seen.logins)}`,
      ),
      check(cartsWell, `carts ${summary(seen.carts)}`),
      check(guesses.at(-1)?.status === 429, `guessing a password is still limited: ${summary(guesses)}`),
      check(
        lost.status === 200 && lost.body?.items?.length === 0,
        `a lost cart: ${lost.status}, ${lost.body?.items?.length ?? "no"} items`,
      ),
    ];
  },
};

async function untilServed(ask: () => Promise<Probe>): Promise<Probe> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask();
    if (answer.status !== 503 || attempt >= 20) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

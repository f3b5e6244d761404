import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import { check, type Fault } from "../fault.ts";
import type { Request } from "../http.ts";
import { type Probe, probe, probing, summary } from "../probe.ts";

const KILLED_MS = { short: 5_000, full: 20_000 }; // longer than nodes need to notice it
const EVERY_MS = 200;
const READ_WITHIN_MS = 2_500; // a catalogue waits 1.5 s for an answer that does not come
const BACK_MS = 20_000;

export const reviewsKilled: Fault = {
  name: "F18",
  title: "reviews killed while shoppers buy",
  async run({ cluster, load, random, dose, note }) {
    const goods = random.of(load.goods);
    const author = random.of(load.shoppers);
    const path = `/products/${goods.productId}`;
    await author.caller.insist("opinion", {
      ...{ method: "POST", path: `${path}/reviews` },
      body: { rating: 5, title: "A thing", text: "It does what a thing to buy should do." },
    }); // 409 when it has one already
    load.start();
    const gateway = cluster.balancer.gateway("shop-1");
    const node = cluster.node("reviews-1");
    note("kill -9 reviews-1, and it stays away");
    await node.stop("SIGKILL");
    const { token } = author.caller;
    let rows = 0; // another address each time, which is not in the cache of the gateway
    const list = (): Request => ({ method: "GET", path: `/products?limit=${1 + (rows++ % limits.PAGE_SIZE)}` });
    const [reads, orders] = await Promise.all([
      probing(gateway, list, KILLED_MS[dose], EVERY_MS),
      probing(gateway, () => ({ ...author.orderRequest(goods), token }), KILLED_MS[dose], EVERY_MS),
    ]);
    note("reviews-1 is back");
    await node.start();
    const began = performance.now();
    let isBack = false;
    while (!isBack && performance.now() - began < BACK_MS) {
      isBack = (await probe(gateway, { method: "GET", path })).body?.rating !== undefined;
      if (!isBack) await sleep(EVERY_MS);
    }
    await load.stop();
    const served = (probes: readonly Probe[], status: number) => probes.every((one) => one.status === status);
    const inTime = reads.every(({ ms }) => ms <= READ_WITHIN_MS);
    return [
      check(served(reads, 200) && inTime, `without reviews: product reads ${summary(reads)}`),
      check(served(orders, 201), `orders ${summary(orders)}`),
      check(isBack, "the rating is shown again"),
    ];
  },
};

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { readUntil } from "#test/support/eventually.ts";
import { natsServer, postgresUrl } from "#test/support/servers.ts";
import { freePort, Shop, ShopNode } from "#test/support/shop.ts";

const HEALTH_CHECK_EVERY_MS = 100;
const REQUEST_EVERY_MS = 80; // few enough for a slow machine that also starts a node: one with too much load refuses requests
const TWO_RESTARTS_MS = 90_000; // each is a stop of three seconds and a start, on a machine that may be busy

/** Two nodes that run all services, and the load balancer between them and their clients. */
let nats: Awaited<ReturnType<typeof natsServer>>;
let shops: Shop[];
let balancer: Balancer | undefined;

beforeAll(async () => {
  nats = await natsServer();
  const env = {
    DATABASE_URL: postgresUrl(),
    NAMESPACE: freshNamespace(),
    NATS_URL: nats.url,
    HOST: "127.0.0.1",
    RATE_LIMIT: "off",
  };
  shops = await Promise.all(
    ["north", "south"].map(async (name) => {
      const port = await freePort();
      const node = new ShopNode(name, ["services"], { ...env, NODE_ID: name, PORT: String(port) });
      node.start();
      return new Shop(`http://127.0.0.1:${port}`, [node]);
    }),
  );
  await Promise.all(shops.map((shop) => shop.ready()));
});
afterAll(async () => {
  balancer?.close();
  await Promise.all((shops ?? []).map((shop) => shop.stop()));
  await nats?.stop();
});

test(
  "each node is restarted under load, and no request fails",
  async () => {
    const [north] = shops as [Shop];
    const goods = await newGoods(await staffMember(north), 100_000);
    const buyer = await newCustomer(north);
    const between = new Balancer(shops);
    balancer = between;
    let running = true;
    const failures: string[] = [];
    const pending: Promise<void>[] = [];
    const load = (async () => {
      for (let i = 0; running; i++) {
        pending.push(shopFor(between, buyer, goods, i).then((failure) => void (failure && failures.push(failure))));
        await sleep(REQUEST_EVERY_MS);
      }
    })();
    for (const shop of shops) {
      const [node] = shop.nodes as [ShopNode];
      expect(await node.end("SIGTERM")).toBe(0);
      node.start();
      await shop.ready();
      await between.uses(shop);
    }
    running = false;
    await load;
    await Promise.all(pending);
    expect(failures).toEqual([]);
    expect(pending.length).toBeGreaterThan(50);
  },
  TWO_RESTARTS_MS,
);

/** Every third request buys, every ninth waits for it, the others read. @returns what went wrong */
async function shopFor(balancer: Balancer, buyer: Client, goods: Goods, i: number): Promise<string | undefined> {
  const headers = { "idempotency-key": randomUUID(), ...(i % 9 === 0 ? { prefer: "wait=3" } : {}) };
  try {
    const answer = await balancer.send((shop) => {
      const client = new Client(shop, buyer.token, buyer.customerId);
      if (i % 3 === 0) return client.post("/orders", orderOf(client, goods, 1), headers);
      return client.get(i % 3 === 1 ? `/customers/${buyer.customerId}` : `/products/${goods.productId}`);
    });
    return answer.status < 300 ? undefined : `${answer.status} ${JSON.stringify(answer.body)}`;
  } catch (error) {
    const { message, cause } = error as Error;
    return `${message}: ${String(cause)}`;
  }
}

/**
 * Sends requests in turn to the nodes whose last health check succeeded, and to the next one only when a connection is
 * refused. The checks of one node never overlap: a late answer to an old check must not replace a newer one.
 */
class Balancer {
  readonly #ready: Set<Shop>;
  readonly #stopped = new AbortController();
  #turn = 0;

  constructor(all: readonly Shop[]) {
    this.#ready = new Set(all);
    for (const shop of all) void this.#watch(shop);
  }

  /** Waits until requests go to this node. A deployment stops the next node only then. */
  uses(shop: Shop): Promise<boolean> {
    return readUntil(async () => this.#ready.has(shop), Boolean);
  }

  async send<T>(request: (shop: Shop) => Promise<T>): Promise<T> {
    const candidates = [...this.#ready];
    this.#turn += 1;
    for (let i = 0; i < candidates.length; i++) {
      try {
        return await request(candidates[(this.#turn + i) % candidates.length] as Shop);
      } catch (error) {
        const { code } = ((error as Error).cause ?? {}) as { code?: string };
        if (code !== "ECONNREFUSED") throw error;
      }
    }
    throw new Error(`None of the ${candidates.length} nodes that were ready accepted the connection.`);
  }

  close(): void {
    this.#stopped.abort();
  }

  async #watch(shop: Shop): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const ok = await fetch(`${shop.url}/health/ready`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ok) this.#ready.add(shop);
      else this.#ready.delete(shop);
      await sleep(HEALTH_CHECK_EVERY_MS);
    }
  }
}

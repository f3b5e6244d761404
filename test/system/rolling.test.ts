import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { natsServer, postgresUrl } from "#test/support/servers.ts";
import { freePort, Shop, ShopNode } from "#test/support/shop.ts";

const LOOK_MS = 100;
const EVERY_MS = 40;
const TWO_RESTARTS_MS = 90_000; // each is a stop of three seconds and a start, on whatever else is going on

/** Two nodes that have everything, and what stands between them and their clients. */
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
        await sleep(EVERY_MS);
      }
    })();
    for (const shop of shops) {
      const [node] = shop.nodes as [ShopNode];
      expect(await node.end("SIGTERM")).toBe(0);
      node.start();
      await shop.ready();
    }
    running = false;
    await load;
    await Promise.all(pending);
    expect(failures).toEqual([]);
    expect(pending.length).toBeGreaterThan(100);
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

/** Sends to the nodes that say they are ready, in turn; to the next one only when a connection is refused. */
class Balancer {
  readonly #ready: Set<Shop>;
  readonly #watch: NodeJS.Timeout;
  #turn = 0;

  constructor(all: readonly Shop[]) {
    this.#ready = new Set(all);
    this.#watch = setInterval(() => {
      for (const shop of all)
        void fetch(`${shop.url}/health/ready`)
          .then(({ ok }) => (ok ? this.#ready.add(shop) : this.#ready.delete(shop)))
          .catch(() => this.#ready.delete(shop));
    }, LOOK_MS);
  }

  async send<T>(request: (shop: Shop) => Promise<T>): Promise<T> {
    const candidates = [...this.#ready];
    this.#turn += 1;
    for (let i = 0; ; i++) {
      try {
        return await request(candidates[(this.#turn + i) % candidates.length] as Shop);
      } catch (error) {
        const { code } = ((error as Error).cause ?? {}) as { code?: string };
        if (code !== "ECONNREFUSED" || i + 1 >= candidates.length) throw error;
      }
    }
  }

  close(): void {
    clearInterval(this.#watch);
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { TcpProxy } from "../../../test/support/tcp-proxy.ts";
import { check, type Fault, type Scene } from "../fault.ts";

const CUT_MS = { short: 1_000, full: 5_000 };
const SILENT_MS = { short: 4_000, full: 60_000 }; // half of it for each server
const HEALED_MS = { short: 1_000, full: 2_500 };

/** A node each for stock and money whose only way to the servers can be cut. */
export const cutOff: Fault = {
  name: "F13",
  title: "a node cut off from NATS or Postgres; a half-open connection for 60 s",
  async run(scene) {
    const { cluster, load, random, dose, note } = scene;
    const ways = await waysOf(scene);
    const env = {
      NATS_URL: `nats://127.0.0.1:${ways.nats.port}`,
      DATABASE_URL: `postgres://postgres@127.0.0.1:${ways.postgres.port}/postgres`,
    };
    const victim = random.of(["inventory-2", "payments-2"]);
    try {
      note(`${victim} goes through a network of its own`);
      await cluster.node(victim).restart("SIGTERM", { env });
      load.start();
      await sleep(HEALED_MS[dose]);
      for (const server of random.shuffled(["nats", "postgres"] as const)) {
        const way = ways[server];
        note(`${victim} is cut off from ${server}`);
        way.refuse();
        await sleep(CUT_MS[dose]);
        way.heal();
        await sleep(HEALED_MS[dose]);
        const how = random.of(["halfOpen", "drop"] as const);
        note(`what ${victim} ${how === "drop" ? `and ${server} say` : `hears of ${server}`} vanishes`);
        way[how]();
        await sleep(SILENT_MS[dose] / 2);
        way.heal();
        await sleep(HEALED_MS[dose]);
      }
      await load.stop();
      const alive = cluster.node(victim).pid !== undefined;
      return [check(alive, `${victim} lived through it`)];
    } finally {
      await cluster.node(victim).restart("SIGTERM");
      for (const way of Object.values(ways)) await way.close();
    }
  },
};

async function waysOf({ cluster }: Scene): Promise<Record<"nats" | "postgres", TcpProxy>> {
  const port = Number(new URL(cluster.nats.url).port);
  return {
    nats: await TcpProxy.to({ host: "127.0.0.1", port }),
    postgres: await TcpProxy.to({ path: `${cluster.postgres.socketDir}/.s.PGSQL.5432` }),
  };
}

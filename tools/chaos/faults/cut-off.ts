import { setTimeout as sleep } from "node:timers/promises";
import { TcpProxy } from "#test/support/tcp-proxy.ts";
import { type Check, check, type Fault, type FaultContext } from "../fault.ts";
import { Namespace } from "../namespace.ts";

const CUT_MS = { short: 1_000, full: 5_000 };
const SILENT_MS = { short: 3_000, full: 60_000 };
const BRIEFLY_SILENT_MS = { short: 2_000, full: 15_000 };
const HEALED_MS = { short: 1_000, full: 2_500 };
const TAKEN_OVER_SECONDS = 30; // a dead host is noticed after 11

/** A node each for stock and money whose only way to the servers can be cut. */
export const cutOff: Fault = {
  name: "F13",
  title: "a node cut off from NATS or Postgres; a half-open connection for 60 s",
  async run(scene) {
    const { cluster, load, random, dose, note } = scene;
    const [victim, other] = random.shuffled(["inventory-2", "payments-2"]) as [string, string];
    const namespace = await Namespace.create().catch((error: Error) => void note(error.message));
    try {
      load.start();
      const checks: Check[] = [];
      const silentMs = namespace ? BRIEFLY_SILENT_MS : SILENT_MS; // for each server; in a namespace both are for long
      if (dose === "full" || !namespace) await throughProxies(scene, victim, silentMs[dose]);
      if (namespace) checks.push(...(await overACable(scene, other, namespace)));
      await load.stop();
      const alive = [victim, other].every((name) => cluster.node(name).pid !== undefined);
      return [check(alive, `${victim} and ${other} lived through it`), ...checks];
    } finally {
      namespace?.remove();
    }
  },
};

/** One server refuses connections, or is silent, while the other one works. */
async function throughProxies(scene: FaultContext, victim: string, silentMs: number): Promise<void> {
  const { cluster, random, dose, note } = scene;
  const ways = await waysOf(scene);
  try {
    note(`${victim} goes through a network of its own`);
    await cluster.node(victim).restart("SIGTERM", { env: servers("127.0.0.1", ways) });
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
      await sleep(silentMs);
      way.heal();
      await sleep(HEALED_MS[dose]);
    }
  } finally {
    await cluster.node(victim).restart("SIGTERM");
    for (const way of Object.values(ways)) await way.close();
  }
}

/** Packets get lost in one or both directions; another node must take over what the node held, exactly once. */
async function overACable(scene: FaultContext, victim: string, namespace: Namespace): Promise<Check[]> {
  const { cluster, random, dose, note } = scene;
  const { host, command } = namespace;
  const ways = await waysOf(scene, host);
  try {
    const postgres = await cluster.postgres.listenAt(host); // without a proxy: the kernel of the server's host has to notice the dead host
    const env = servers(host, { ...ways, postgres: { port: postgres } });
    note(`${victim} is on a machine of its own`);
    await cluster.node(victim).restart("SIGTERM", { within: command, env });
    await sleep(HEALED_MS[dose]);
    const losses = random.of([["toNode"], ["fromNode"], ["toNode", "fromNode"]] as const);
    note(`packets ${losses.join(" and ")} get lost`);
    await namespace.lose(losses);
    await sleep(SILENT_MS[dose]);
    const waiting = await cluster.query(
      "orders",
      `SELECT FROM orders WHERE status IN ('pending_payment', 'confirmed') AND payment_status <> 'requires_action'
       AND created_at < now() - make_interval(secs => $1)`,
      [TAKEN_OVER_SECONDS],
    );
    note("and arrive again");
    await namespace.heal();
    await sleep(HEALED_MS[dose]);
    return [check(waiting.length === 0, `${waiting.length} orders waited for a machine that was not to be reached`)];
  } finally {
    await cluster.node(victim).restart("SIGKILL");
    await cluster.postgres.listenNowhere();
    for (const way of Object.values(ways)) await way.close();
  }
}

type Server = "nats" | "postgres" | "redis";

async function waysOf(
  { cluster: { nats, redis, postgres } }: FaultContext,
  host?: string,
): Promise<Record<Server, TcpProxy>> {
  const local = (url: string) => ({ host: "127.0.0.1", port: Number(new URL(url).port) });
  return {
    nats: await TcpProxy.to(local(nats.url), host),
    redis: await TcpProxy.to(local(redis.url), host),
    postgres: await TcpProxy.to({ path: `${postgres.socketDir}/.s.PGSQL.5432` }, host),
  };
}

function servers(host: string, { nats, redis, postgres }: Record<Server, { port: number }>): Record<string, string> {
  return {
    NATS_URL: `nats://${host}:${nats.port}`,
    REDIS_URL: `redis://${host}:${redis.port}`,
    DATABASE_URL: `postgres://postgres@${host}:${postgres.port}/postgres`,
  };
}

import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { type DataPlace, placeOf, sessionUrl } from "#lib/sql/data-place.ts";
import { booksPlace } from "#services/commerce/payments/providers/test-provider-books.ts";
import { DiskStorage } from "#services/product/media/storage/disk-storage.ts";
import { natsServer, type RestartableServer, redisServer } from "#tools/servers.ts";
import { Balancer } from "./balancer.ts";
import { type SmallDisk, smallDisk } from "./disk.ts";
import { UNUSED_SECONDS } from "./media-actions.ts";
import { type Life, type NodePlan, NodeProcess } from "./node-process.ts";
import { ChaosPostgres } from "./postgres.ts";

export const NAMESPACE = "chaos";
const LAYOUT = "schemas";
const LOADS_ALL = join(import.meta.dirname, "fail-points.ts"); // which loads every service
const STATEMENT_MS = 20_000;
const POSTGRES_MB = 1_500; // a full run writes a few hundred
const NATS_MB = 1_000;

const COMMERCE = ["carts", "checkout", "orders", "billing"].map((name) => `services/commerce/${name}`);
const PRODUCT = readdirSync(join(import.meta.dirname, "../../services/product"))
  .filter((name) => name !== "reviews") // it has a node of its own
  .map((name) => `services/product/${name}`);
/** Everything that taking an order needs: such a node can sell without the others. */
const SHOP = ["services/platform", "services/identity", ...PRODUCT, ...COMMERCE];

/** Services that charge, assess and book what was bought. */
const MONEY_SERVICES = ["payments", "fraud", "ledger"];
const MONEY = MONEY_SERVICES.map((name) => `services/commerce/${name}`);

const SHOP_SERVICES = [
  "auth",
  "users",
  "customers",
  "catalog",
  "pricing",
  "promotions",
  "sellers",
  "media",
  "carts",
  "checkout",
  "orders",
  "billing",
];

/** The shop on two nodes, a gateway and reviews by themselves, and two nodes each for stock and money. */
const PLANS: readonly (Omit<NodePlan, "port"> & { gateway?: boolean })[] = [
  { name: "shop-1", folders: SHOP, gateway: true },
  { name: "shop-2", folders: SHOP, gateway: true },
  { name: "edge-3", folders: ["services/platform/gateway"], gateway: true },
  { name: "reviews-1", folders: ["services/product/reviews"] },
  { name: "inventory-1", folders: ["services/logistics/inventory"] },
  { name: "inventory-2", folders: ["services/logistics/inventory"] },
  { name: "payments-1", folders: MONEY },
  { name: "payments-2", folders: MONEY },
];

/** Everything that is under test: servers, nodes, and the balancer in front of them. */
export class Cluster {
  readonly dir: string;
  readonly postgres: ChaosPostgres;
  readonly nats: RestartableServer;
  readonly redis: RestartableServer;
  readonly nodes: readonly NodeProcess[];
  readonly #env: Readonly<Record<string, string>>;
  readonly balancer: Balancer;
  /** Nodes that ended although the run did not stop them. */
  readonly ends: string[];
  /** File systems that the servers write to; undefined where this process may not mount any. */
  readonly disks: Disks | undefined;
  readonly #pools = new Map<string, pg.Pool>();

  private constructor(
    parts: Pick<Cluster, "dir" | "postgres" | "nats" | "redis" | "nodes" | "balancer" | "ends" | "disks"> & {
      env: Readonly<Record<string, string>>;
    },
  ) {
    this.dir = parts.dir;
    this.postgres = parts.postgres;
    this.nats = parts.nats;
    this.redis = parts.redis;
    this.nodes = parts.nodes;
    this.balancer = parts.balancer;
    this.ends = parts.ends;
    this.disks = parts.disks;
    this.#env = parts.env;
  }

  /** @param usual start options of every node, unless one start has its own */
  static async start(dir: string, { usual = {} }: { usual?: Life } = {}): Promise<Cluster> {
    await mkdir(join(dir, "logs"), { recursive: true });
    const disks = await smallDisks(dir).catch(() => undefined);
    const compileCache = join(dir, "compiled");
    await promisify(execFile)(process.execPath, [LOADS_ALL], {
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    });
    const postgres = new ChaosPostgres(join(dir, "postgres"), () => {});
    const [nats, redis] = await Promise.all([
      natsServer({ own: true, dir: join(dir, "nats") }),
      redisServer({ own: true }),
      postgres.start(),
    ]);
    const shared = {
      NAMESPACE,
      DATABASE_URL: postgres.url,
      DATABASE_LAYOUT: LAYOUT,
      NATS_URL: nats.url,
      REDIS_URL: redis.url,
      DATA_DIR: dir,
      HOST: "127.0.0.1",
      LOG_LEVEL: "info",
      CATALOG_PUBLICATION: "drafts", // has all the steps of a shop without drafts, and more
      MEDIA_UNUSED_SECONDS: String(UNUSED_SECONDS),
      TRUST_PROXY: "on", // the balancer is one, and forwards the address that each client has
      NODE_COMPILE_CACHE: compileCache, // hundreds of starts share two cores
    };
    const nodes: NodeProcess[] = [];
    const ends: string[] = [];
    for (const { gateway, ...plan } of PLANS) {
      const port = gateway ? await freePort() : undefined;
      const own = { ...shared, NODE_ID: plan.name, PORT: String(port ?? 0) };
      const logFile = join(dir, "logs", `${plan.name}.log`);
      const node = new NodeProcess({ ...plan, ...(port ? { port } : {}) }, own, logFile, ends);
      node.usually(usual);
      nodes.push(node);
    }
    const gateways = nodes.flatMap(({ name, plan }) => (plan.port ? [{ name, port: plan.port }] : []));
    const cluster = new Cluster({
      dir,
      postgres,
      nats,
      redis,
      nodes,
      balancer: new Balancer(gateways),
      ends,
      disks,
      env: shared,
    });
    try {
      await Promise.all(nodes.map((node) => node.start()));
      return cluster;
    } catch (error) {
      await cluster.stop({ keepLogs: true });
      throw error;
    }
  }

  node(name: string): NodeProcess {
    const node = this.nodes.find((one) => one.name === name);
    if (!node) throw new Error(`There is no node ${name}.`);
    return node;
  }

  /** The files of images, which all nodes share. */
  get images(): DiskStorage {
    return new DiskStorage(join(this.dir, "media", NAMESPACE));
  }

  /** The nodes that run a service. */
  nodesOf(service: string): NodeProcess[] {
    const folder = SHOP_SERVICES.includes(service) ? "shop" : MONEY_SERVICES.includes(service) ? "payments" : service;
    return this.nodes.filter(({ name }) => name.startsWith(`${folder}-`));
  }

  /** One more node; the caller starts and stops it. */
  extraNode(plan: NodePlan, env: Readonly<Record<string, string>> = {}): NodeProcess {
    const own = { ...this.#env, NODE_ID: plan.name, PORT: "0", ...env };
    return new NodeProcess(plan, own, join(this.dir, "logs", `${plan.name}.log`), this.ends);
  }

  /** A URL for the data of a service, with the rights of the shop's own user. */
  dataUrlOf(service: string): string {
    return sessionUrl(this.#placeOf(service));
  }

  #placeOf(service: string): DataPlace {
    return placeOf(service, { server: this.postgres.url, namespace: NAMESPACE, layout: LAYOUT });
  }

  /** One statement among a service's data. */
  query<Row extends object>(service: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#query(this.dataUrlOf(service), text, values);
  }

  /** One statement in the books of the test provider. */
  books<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#query(booksPlace(this.#placeOf("payments")).database, text, values);
  }

  async #query<Row extends object>(url: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    let pool = this.#pools.get(url);
    if (!pool) {
      pool = new pg.Pool({ connectionString: url, max: 2, statement_timeout: STATEMENT_MS, idleTimeoutMillis: 1_000 });
      pool.on("error", () => {}); // the server is killed now and then; the next query connects again
      this.#pools.set(url, pool);
    }
    return (await pool.query<Row>(text, [...values])).rows;
  }

  /** @param keepLogs leaves the folder with the nodes' logs and the journal, for finding the cause of a failure */
  async stop({ keepLogs }: { keepLogs: boolean }): Promise<void> {
    this.balancer.close();
    await Promise.all(this.nodes.map((node) => node.stop("SIGKILL")));
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
    await Promise.all([this.postgres.stop(), this.nats.stop(), this.redis.stop()]);
    for (const disk of Object.values(this.disks ?? {})) await disk.remove();
    for (const folder of ["postgres", "nats", "compiled"])
      await rm(join(this.dir, folder), { recursive: true, force: true });
    if (!keepLogs) await rm(this.dir, { recursive: true, force: true });
  }
}

interface Disks {
  postgres: SmallDisk;
  nats: SmallDisk;
}

async function smallDisks(dir: string): Promise<Disks> {
  return {
    postgres: await smallDisk(join(dir, "postgres"), POSTGRES_MB),
    nats: await smallDisk(join(dir, "nats"), NATS_MB),
  };
}

// Below the range from which Linux takes ports for outgoing connections, so that the port of a stopped node stays free.
const PORTS = { from: 20_000, to: 30_000 };

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer()
        .once("error", () => resolve(false))
        .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

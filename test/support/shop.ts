import { type ChildProcess, spawn } from "node:child_process";
import { globSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { ServiceSchema } from "moleculer";
import { startBroker } from "./broker.ts";
import { freshNamespace } from "./databases.ts";
import { noteOnFailure } from "./jest/failure-notes.ts";
import { natsServer, postgresUrl } from "./servers.ts";

const ROOT = join(import.meta.dirname, "../..");
const RUNNER = join(ROOT, "node_modules/moleculer/bin/moleculer-runner.js");
const READY_MS = 45_000; // three nodes take 9 s on half a core, and other tests may need the cores as well
const STOP_MS = 15_000;
const SEEDED_MS = 10_000;

/**
 * Where the services run: `this process` is that of the test, which saves some 4 s of processor time for the start of
 * another; `one process` is for tests that read its output, send it signals or need its processor time.
 */
export type Mode = "this process" | "one process" | "cluster";
/** For what a shop does on one node and over NATS. */
export const MODES: readonly Mode[] = ["this process", "cluster"];

/** The services of each node of a cluster. The three services of the order saga run on two nodes each. */
const CLUSTER: Readonly<Record<string, readonly string[]>> = {
  edge: ["services/platform", "services/identity"],
  east: ["services/product", "services/commerce", "services/logistics"],
  west: ["services/commerce", "services/logistics"],
};

/** One process of a shop. */
export class ShopNode {
  readonly name: string;
  readonly #folders: readonly string[];
  readonly #env: Record<string, string>;
  #process: ChildProcess | undefined;
  output = "";

  constructor(name: string, folders: readonly string[], env: Record<string, string>) {
    this.name = name;
    this.#folders = folders;
    this.#env = env;
    noteOnFailure(() => this.output && `Output of the node ${name}:\n${this.output}`);
  }

  /** @param once settings of this run only */
  start(once: Record<string, string> = {}): void {
    const args = [
      "--no-warnings",
      RUNNER,
      "--config",
      "moleculer.config.ts",
      "--mask",
      "**/*.service.ts",
      ...this.#folders,
    ];
    const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
    const env = { PATH, HOME, NODE_COMPILE_CACHE, NODE_ENV: "test", LOG_LEVEL: "warn", ...this.#env, ...once };
    this.#process = spawn(process.execPath, args, { cwd: ROOT, env });
    this.#process.stdout?.on("data", (chunk) => this.#keepOutput(chunk));
    this.#process.stderr?.on("data", (chunk) => this.#keepOutput(chunk));
  }

  /** Whether the node started a Postgres server, which it has to stop. */
  get hasOwnPostgres(): boolean {
    return !this.#env.DATABASE_URL;
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Ends the process with a signal and waits until it is gone. @returns its exit code */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.#process;
    if (!child || !this.running) return child?.exitCode ?? null;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(timer);
    return child.exitCode;
  }

  /** Sends a signal that does not end the process. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends its standard input, like Ctrl-D at a terminal. */
  endInput(): void {
    this.#process?.stdin?.end();
  }

  /** Waits for the process to end by itself. */
  async exit(): Promise<number | null> {
    const child = this.#process;
    if (child && this.running) await new Promise<void>((resolve) => child.once("exit", () => resolve()));
    return child?.exitCode ?? null;
  }

  #keepOutput(chunk: Buffer): void {
    this.output = (this.output + chunk.toString()).slice(-20_000);
  }
}

/** A running shop with the URL of its gateway. */
export class Shop {
  readonly url: string;
  readonly nodes: readonly ShopNode[];
  readonly #stopServers: () => Promise<void>;

  constructor(url: string, nodes: readonly ShopNode[], stopServers: () => Promise<void> = async () => {}) {
    this.url = url;
    this.nodes = nodes;
    this.#stopServers = stopServers;
  }

  node(name: string): ShopNode {
    const node = this.nodes.find((candidate) => candidate.name === name);
    if (!node) throw new Error(`There is no node ${name}.`);
    return node;
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + READY_MS;
    while (Date.now() < deadline) {
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
      const dead = this.nodes.find((node) => !node.running);
      if (dead) throw new Error(`The node ${dead.name} ended:\n${dead.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(
      `The shop was not ready in ${READY_MS} ms:\n${this.nodes.map(({ name, output }) => `${name}: ${output}`).join("\n")}`,
    );
  }

  /** Ends the shop at once where that leaves nothing behind: a graceful stop takes seconds, and has tests of its own. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end(node.hasOwnPostgres ? "SIGTERM" : "SIGKILL")));
    await this.#stopServers();
  }
}

/**
 * Starts a shop on the test run's Postgres, with databases of its own.
 * @param more nodes of a cluster, by name, with the folders of their services; one with a name of CLUSTER replaces it
 */
export async function startShop(
  mode: Mode,
  extra: Record<string, string> = {},
  more: Readonly<Record<string, readonly string[]>> = {},
): Promise<Shop> {
  const port = await freePort();
  const env: Record<string, string> = {
    DATABASE_URL: postgresUrl(),
    NAMESPACE: freshNamespace(),
    PORT: String(port),
    HOST: "127.0.0.1",
    RATE_LIMIT: "off",
    ...extra,
  };
  const url = `http://127.0.0.1:${port}`;
  if (mode === "this process") return startHere(url, env);
  if (mode === "one process") return started(new Shop(url, [new ShopNode("shop", ["services"], env)]));
  const nats = await natsServer();
  const nodes = Object.entries({ ...CLUSTER, ...more }).map(
    ([name, folders]) => new ShopNode(name, folders, { ...env, NATS_URL: nats.url, NODE_ID: name }),
  );
  const shop = await started(new Shop(url, nodes, () => nats.stop()));
  if (!env.SEED_DEMO && !env.CATALOG_PUBLICATION) await seeded(shop);
  return shop;
}

/**
 * Waits, for a while, until a shop has its demo goods. A gateway knows of other nodes that their services run, not that they
 * are still being seeded. With other tests beside them, that takes all of their connections for a moment.
 */
async function seeded(shop: Shop): Promise<void> {
  const deadline = Date.now() + SEEDED_MS;
  for (let tries = 0; Date.now() < deadline; tries++) {
    const answer = await fetch(`${shop.url}/api/v1/products?limit=${1 + (tries % 100)}`).catch(() => undefined);
    const { products = [] } = ((await answer?.json().catch(() => undefined)) ?? {}) as { products?: DemoProduct[] };
    if (products.some(({ price, availability }) => price && availability === "in_stock")) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

type DemoProduct = { price?: object | null; availability: string };

async function startHere(url: string, env: Readonly<Record<string, string>>): Promise<Shop> {
  const files = globSync("services/*/*/*.service.ts", { cwd: ROOT }).sort();
  const loaded = await Promise.all(
    files.map((file) => import(join(ROOT, file)) as Promise<{ default: ServiceSchema }>),
  );
  const services = loaded.map((module) => module.default);
  const broker = await startBroker({ services, settings: { LOG_LEVEL: "error", SEED_DEMO: undefined, ...env } });
  return started(new Shop(url, [], () => broker.stop()));
}

async function started(shop: Shop): Promise<Shop> {
  for (const node of shop.nodes) node.start();
  try {
    await shop.ready();
  } catch (error) {
    await shop.stop();
    throw error;
  }
  return shop;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import { end, spawnSupervised } from "#lib/dev-postgres/supervised-process.ts";
import { HttpClient } from "#tools/replay/http.ts";
import { natsServer, type RestartableServer } from "#tools/servers.ts";
import type { CpuSample } from "./cluster-cost.ts";
import type { Layout, LayoutNode } from "./cluster-layouts.ts";
import { allProcesses, cpuMsOfTree } from "./processes.ts";

const ROOT = join(import.meta.dirname, "..");
const RUNNER = join(ROOT, "node_modules/.bin/moleculer-runner");
const START_MS = 180_000; // nine processes start on the cores of one machine
const READY_POLL_MS = 100;
const SETTLE_MS = 3_000; // until nodes know each other and partitions have their owners
const STOP_MS = 15_000;
const KILL_MS = 2_000;
const LAST_LINES = 20;

interface RunningNode {
  plan: LayoutNode;
  url: string;
  child: ChildProcess;
  inspectors: string[];
  lines: string[];
}

/** A shop in one of the layouts, with servers of its own. */
export class ClusterShop {
  readonly #postgres: { stop(): Promise<void> };
  readonly #nats: RestartableServer | undefined;
  readonly #nodes: readonly RunningNode[];

  private constructor(
    postgres: { stop(): Promise<void> },
    nats: RestartableServer | undefined,
    nodes: readonly RunningNode[],
  ) {
    this.#postgres = postgres;
    this.#nats = nats;
    this.#nodes = nodes;
  }

  /**
   * @param dir is kept, so that the next start of the same layout finds its data
   * @throws Error with the end of a node's output when the shop does not become ready
   */
  static async start(layout: Layout, dir: string, { inspect }: { inspect: boolean }): Promise<ClusterShop> {
    const postgres = await startEmbeddedPostgres({ dataDir: dir, log: () => {} });
    const nats = layout.nats ? await natsServer({ own: true, dir: join(dir, "nats") }) : undefined;
    const nodes: RunningNode[] = [];
    const shop = new ClusterShop(postgres, nats, nodes);
    try {
      for (const plan of layout.nodes) {
        const port = plan.gateway ? await freePort() : 0;
        nodes.push(startNode(plan, port, inspect, { DATABASE_URL: postgres.url, NATS_URL: nats?.url, DATA_DIR: dir }));
      }
      for (const node of nodes) if (node.plan.gateway) await untilReady(node);
      await sleep(SETTLE_MS);
      return shop;
    } catch (error) {
      await shop.stop();
      throw error;
    }
  }

  /** Of its gateways. */
  get urls(): string[] {
    return this.#nodes.flatMap(({ plan, url }) => (plan.gateway ? [url] : []));
  }

  /** Addresses of the inspectors, by node. */
  get inspectors(): ReadonlyMap<string, readonly string[]> {
    return new Map(this.#nodes.map(({ plan, inspectors }) => [plan.name, inspectors]));
  }

  /** The CPU that every process of the shop has used since its start. */
  sample(): CpuSample {
    const processes = allProcesses();
    const postgres = processes.filter(({ parent, command }) => parent === process.pid && command === "postgres");
    return {
      atMs: performance.now(),
      nodes: new Map(this.#nodes.map(({ plan, child }) => [plan.name, cpuMsOfTree(child.pid ?? 0, processes)])),
      postgresMs: postgres.reduce((sum, { id }) => sum + cpuMsOfTree(id, processes), 0),
      natsMs: this.#nats?.pid ? cpuMsOfTree(this.#nats.pid, processes) : 0,
    };
  }

  async stop(): Promise<void> {
    const steps = [
      { signal: "SIGTERM", ms: STOP_MS },
      { signal: "SIGKILL", ms: KILL_MS },
    ] as const;
    await Promise.all(this.#nodes.map(({ child }) => end(child, steps)));
    await this.#nats?.stop();
    await this.#postgres.stop();
  }
}

function startNode(plan: LayoutNode, port: number, inspect: boolean, servers: NodeJS.ProcessEnv): RunningNode {
  const command = [process.execPath, RUNNER, "--config", "moleculer.config.ts", "--mask", "**/*.service.ts"];
  const env = {
    ...process.env,
    ...servers,
    NODE_ID: plan.name,
    PORT: String(port),
    HOST: "127.0.0.1",
    RATE_LIMIT: "off",
    LOG_LEVEL: "warn",
    ...(inspect && { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --inspect=127.0.0.1:0` }),
  };
  const child = spawnSupervised([...command, ...plan.folders], { signal: "SIGTERM", cwd: ROOT, env });
  const node: RunningNode = { plan, url: `http://127.0.0.1:${port}`, child, inspectors: [], lines: [] };
  for (const input of [child.stdout, child.stderr]) {
    if (!input) continue;
    createInterface({ input }).on("line", (line) => {
      const inspector = /^Debugger listening on (ws:\S+)/.exec(line)?.[1];
      if (inspector !== undefined) node.inspectors.push(inspector);
      node.lines.push(line);
      if (node.lines.length > LAST_LINES) node.lines.shift();
    });
  }
  return node;
}

async function untilReady({ plan, url, child, lines }: RunningNode): Promise<void> {
  const http = new HttpClient(url, 1);
  const deadline = performance.now() + START_MS;
  try {
    while (performance.now() < deadline && child.exitCode === null) {
      const answer = await http.send({ method: "GET", path: "/health/ready" }).catch(() => undefined);
      if (answer?.status === 200) return;
      await sleep(READY_POLL_MS);
    }
    throw new Error(`the node ${plan.name} was not ready within ${START_MS / 1_000} s:\n${lines.join("\n")}`);
  } finally {
    http.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

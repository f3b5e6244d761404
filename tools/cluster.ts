// npm run cluster [-- --restart]
// The shop as many processes on this machine: what production looks like, with everything in one terminal.
import type { ChildProcess } from "node:child_process";
import { globSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { end, spawnSupervised } from "#lib/dev-postgres/supervised-process.ts";
import { StartupError } from "#lib/startup-error.ts";
import { type PlannedNode, plan } from "./cluster/plan.ts";
import { natsServer, postgresServer, type RunningServer, redisServer } from "./servers.ts";

// Each service makes its own database at its first start; that it looked first is no news.
const NOT_YET_MADE = /database "\w+" does not exist/;

const READY_MS = 120_000; // ten processes share the cores of a laptop, and the first start makes ten databases
const POLL_MS = 250;
const HEALTH_MS = 2_000;
const STOP_MS = 15_000; // a node takes up to ten seconds to finish what it has begun; then SIGKILL
const KILL_MS = 2_000;
const RESTART_MS = 1_000;

const ROOT = resolve(import.meta.dirname, "..");
const RUNNER = join(ROOT, "node_modules/.bin/moleculer-runner");

const restart = process.argv.includes("--restart");
const port = Number(process.env.PORT || 3000);
const dataDir = resolve(ROOT, process.env.DATA_DIR ?? ".data", "cluster");

const servers: RunningServer[] = [];
const running = new Map<PlannedNode, ChildProcess>();
let stopping: Promise<void> | undefined;
let ready = false;

function say(line: string, from = "cluster"): void {
  process.stdout.write(`${from.padEnd(12)} | ${line}\n`);
}

function discover(): PlannedNode[] {
  const services = globSync("services/*/*/*.service.ts", { cwd: ROOT })
    .sort()
    .map((path) => {
      const [, domain = "", name = ""] = path.split("/");
      return { domain, name, folder: join("services", domain, name) };
    });
  if (services.length === 0) throw new StartupError(`There are no services in ${join(ROOT, "services")}.`);
  return plan(services, port);
}

async function startServers(): Promise<NodeJS.ProcessEnv> {
  const started = await Promise.allSettled([
    natsServer({ dir: join(dataDir, "nats") }),
    redisServer(),
    postgresServer({ dir: dataDir, log: (line) => NOT_YET_MADE.test(line) || say(line, "postgres") }),
  ]);
  for (const server of started) if (server.status === "fulfilled") servers.push(server.value);
  const failed = started.find((server) => server.status === "rejected");
  if (failed) throw failed.reason;
  const [nats, redis, postgres] = servers as [RunningServer, RunningServer, RunningServer];
  return { NATS_URL: nats.url, REDIS_URL: redis.url, DATABASE_URL: postgres.url, DATA_DIR: dataDir };
}

function startNode(node: PlannedNode, index: number, env: NodeJS.ProcessEnv): void {
  const child = spawnSupervised(
    [process.execPath, RUNNER, "--config", "moleculer.config.ts", "--mask", "**/*.service.ts", ...node.folders],
    {
      signal: "SIGTERM",
      cwd: ROOT,
      env: {
        ...process.env,
        ...env,
        NODE_ID: node.name,
        PORT: String(node.port ?? port),
        // One machine has one of each port.
        ...(process.env.METRICS_PORT ? { METRICS_PORT: String(Number(process.env.METRICS_PORT) + index) } : {}),
      },
    },
  );
  child.ref(); // this program lives as long as its nodes
  running.set(node, child);
  for (const input of [child.stdout, child.stderr]) {
    if (input) createInterface({ input }).on("line", (line) => say(line, node.name));
  }
  child.once("exit", (code, signal) => {
    running.delete(node);
    if (stopping) return;
    say(`${node.name} ended: ${signal ?? `code ${code}`}`);
    if (restart) setTimeout(() => stopping || startNode(node, index, env), RESTART_MS);
    else if (!ready) void stop(1);
  });
}

/** @throws StartupError when a gateway is not ready within two minutes */
async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!stopping) {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(HEALTH_MS) }).catch(
      () => undefined,
    );
    if (answer?.status === 200) return;
    if (Date.now() > deadline) {
      throw new StartupError(`${url}/health/ready does not answer 200: ${(await answer?.text()) ?? "no answer"}`);
    }
    await sleep(POLL_MS);
  }
}

/** Gateways first, so that what they have accepted still finds its services; the servers last. */
function stop(exitCode: number): Promise<void> {
  stopping ??= (async () => {
    process.exitCode = exitCode;
    say("Stopping");
    await stopNodes((node) => node.port !== undefined);
    await stopNodes(() => true);
    await Promise.allSettled(servers.map((server) => server.stop()));
    say("Stopped");
  })();
  return stopping;
}

async function stopNodes(which: (node: PlannedNode) => boolean): Promise<void> {
  await Promise.all(
    [...running]
      .filter(([node]) => which(node))
      .map(([, child]) =>
        end(child, [
          { signal: "SIGTERM", ms: STOP_MS },
          { signal: "SIGKILL", ms: KILL_MS },
        ]),
      ),
  );
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));

try {
  const nodes = discover();
  const env = await startServers();
  if (!stopping) {
    for (const [index, node] of nodes.entries()) startNode(node, index, env);
    const gateways = nodes.flatMap((node) => (node.port === undefined ? [] : [`http://127.0.0.1:${node.port}`]));
    await Promise.all(gateways.map(untilReady));
    ready = true;
    if (!stopping)
      say(
        `${nodes.length} nodes. Gateways: ${gateways.join(" ")} — look inside: NATS_URL=${env.NATS_URL} npm run repl`,
      );
  }
} catch (error) {
  process.stderr.write(`${error instanceof StartupError ? error.message : (error as Error).stack}\n`);
  await stop(1);
}

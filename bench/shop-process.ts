import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { spawnSupervised } from "#lib/dev-postgres/supervised-process.ts";
import { HttpClient } from "#tools/replay/http.ts";

const START_MS = 120_000;
const READY_POLL_MS = 100;
const STOP_MS = 20_000;
const LAST_LINES = 20; // of the shop's output, for when it does not start

export interface RunningShop {
  url: string;
  /** Addresses of the inspectors of its processes, npm's own among them; none unless asked for. */
  inspectors: readonly string[];
  /** The process below which all of its processes are; undefined when it has ended. */
  pid: number | undefined;
  stop(): Promise<void>;
}

/**
 * Starts a shop as a user does, with `npm start`, on a free port and an empty folder, without rate limits. Every other
 * setting is passed on, so that a bench with DATABASE_URL, NATS_URL or REDIS_URL measures a shop with these.
 * @throws Error with the end of its output when it does not become ready
 */
export async function startShop(
  dataDir: string,
  { inspect, databaseUrl }: { inspect: boolean; databaseUrl: string | undefined },
): Promise<RunningShop> {
  const port = await freePort();
  const env = {
    ...process.env,
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    PORT: String(port),
    RATE_LIMIT: "off",
    DATA_DIR: dataDir,
    LOG_LEVEL: "warn",
    // An inspector nobody talks to costs nothing; the port is chosen by each process and told on stderr.
    ...(inspect && { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --inspect=127.0.0.1:0` }),
  };
  const child = spawnSupervised(["npm", "start"], { signal: "SIGTERM", env, cwd: `${import.meta.dirname}/..` });
  const lines: string[] = [];
  const inspectors: string[] = [];
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    createInterface({ input: stream }).on("line", (line) => {
      const inspector = /^Debugger listening on (ws:\S+)/.exec(line)?.[1];
      if (inspector !== undefined) inspectors.push(inspector);
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
    });
  }
  const stop = async (): Promise<void> => {
    // npm goes first: whether and to whom it passes a signal on depends on the shell, and the shop is to get one.
    child.kill("SIGKILL");
    if (child.pid !== undefined) await endGroup(child.pid);
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await ready(url, () => child.exitCode !== null || child.signalCode !== null);
  } catch (error) {
    await stop();
    throw new Error(`${error instanceof Error ? error.message : error}\n${lines.join("\n")}`);
  }
  return { url, inspectors, pid: child.pid, stop };
}

/** @throws Error when the shop has ended or is not ready in time */
async function ready(url: string, ended: () => boolean): Promise<void> {
  const http = new HttpClient(url, 1);
  const deadline = performance.now() + START_MS;
  try {
    while (performance.now() < deadline) {
      if (ended()) throw new Error("the shop ended while it started:");
      const answer = await http.send({ method: "GET", path: "/health/ready" }).catch(() => undefined);
      if (answer?.status === 200) return;
      await sleep(READY_POLL_MS);
    }
    throw new Error(`the shop was not ready within ${START_MS / 1_000} s:`);
  } finally {
    http.close();
  }
}

/** Asks everything that npm started to end, and ends by force what takes too long. */
async function endGroup(pid: number): Promise<void> {
  const deadline = performance.now() + STOP_MS;
  signalGroup(pid, "SIGTERM");
  while (signalGroup(pid, 0)) {
    if (performance.now() > deadline) signalGroup(pid, "SIGKILL");
    await sleep(READY_POLL_MS);
  }
}

/** Whether there was anyone to signal; 0 only asks. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

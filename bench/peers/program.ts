import type { ChildProcess } from "node:child_process";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import { end, hasExited, spawnSupervised } from "#lib/dev-postgres/supervised-process.ts";

const INSTALL_MS = 900_000; // Medusa brings a thousand packages
const STOP_MS = 10_000;
const LAST_LINES = 12; // of a program's output, for when it fails
const LINE_CHARS = 300;

/** A program that has been started. */
export interface Program {
  pid: number;
  /** Resolves when it has written a line that matches. @throws Error with the end of its output when it ends before */
  wrote(line: RegExp, withinMs: number): Promise<void>;
  /** Resolves when it has ended well. @throws Error with the end of its output */
  ended(withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Runs a command that ends with this process. Only `env` is added to the environment of this one. */
export function run(command: readonly string[], cwd: string, env: Record<string, string>): Program {
  const child = spawnSupervised(command, {
    signal: "SIGTERM",
    cwd,
    env: { ...process.env, PATH: `${dirname(NODE)}:${process.env.PATH}`, ...env },
  });
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line.slice(0, LINE_CHARS));
      if (lines.length > LAST_LINES) lines.shift();
      for (const told of waiting) told(line);
    });
  }
  const failed = (why: string) => new Error(`${command.join(" ")} ${why}:\n${lines.join("\n")}`);
  return {
    pid: child.pid ?? 0,
    wrote: (wanted, withinMs) =>
      new Promise((resolve, reject) => {
        const settle = (settled: () => void): void => {
          clearTimeout(timer);
          waiting.delete(told);
          child.off("exit", onExit);
          settled();
        };
        const told = (line: string): void => {
          if (wanted.test(line)) settle(resolve);
        };
        const onExit = (): void => settle(() => reject(failed("ended")));
        const timer = setTimeout(() => settle(() => reject(failed(`was not ready in ${withinMs} ms`))), withinMs);
        waiting.add(told);
        child.once("exit", onExit);
        for (const line of lines) told(line);
      }),
    ended: async (withinMs) => {
      const keepAlive = setTimeout(() => {}, withinMs); // a supervised child does not keep this process running
      const inTime = await hasExited(child, withinMs);
      clearTimeout(keepAlive);
      if (!inTime) await stop(child);
      if (child.exitCode !== 0) throw failed(inTime ? `ended with ${child.exitCode}` : "took too long");
    },
    stop: () => stop(child),
  };
}

function stop(child: ChildProcess): Promise<void> {
  return end(child, [
    { signal: "SIGTERM", ms: STOP_MS },
    { signal: "SIGKILL", ms: STOP_MS },
  ]);
}

/**
 * Copies a system's files into a folder and installs what its package.json names, unless that has been done.
 * `files` are beside that package.json, which is in `bench/peers/<name>`.
 */
export async function install(name: string, folder: string, files: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const from = join(import.meta.dirname, name);
  const wanted = await readFile(join(from, "package.json"), "utf8");
  const done = join(folder, "node_modules", "installed.json");
  for (const file of ["package.json", ...files]) await copyFile(join(from, file), join(folder, file));
  if ((await readFile(done, "utf8").catch(() => "")) === wanted) return;
  await run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], folder, {}).ended(INSTALL_MS);
  await writeFile(done, wanted);
}

/** The exact version that a system's package.json names. */
export async function pinnedVersion(name: string, dependency: string): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(join(import.meta.dirname, name, "package.json"), "utf8"));
  return dependencies[dependency];
}

/**
 * A Postgres with the settings of the project's own, an empty database in it, and the server's process. It listens on a
 * port of this machine, because not all that is compared can use a socket.
 */
export async function startPostgres(
  dataDir: string,
  database: string,
): Promise<{ server: EmbeddedPostgres; url: string; pid: number }> {
  const port = await freePort();
  const settings = { listen_addresses: "127.0.0.1", port: String(port) };
  const server = await startEmbeddedPostgres({ dataDir, log: () => {}, settings });
  const urlOf = (name: string) => `postgres://postgres@127.0.0.1:${port}/${name}?sslmode=disable`;
  const connection = new pg.Client({ connectionString: urlOf("postgres") });
  await connection.connect();
  await connection.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  await connection.end();
  const [pid] = (await readFile(join(dataDir, "postgres/data/postmaster.pid"), "utf8")).split("\n");
  return { server, url: urlOf(database), pid: Number(pid) };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Node as it runs this program: of the version that the project names, whatever the machine has. */
export const NODE = process.execPath;

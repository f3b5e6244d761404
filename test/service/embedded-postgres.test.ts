import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import pg from "pg";
import { contract } from "#lib/contract/contract.ts";
import {
  type EmbeddedPostgres,
  embeddedPostgresUrl,
  startEmbeddedPostgres,
} from "#lib/dev-postgres/embedded-postgres.ts";
import { StartupError } from "#lib/startup-error.ts";
import { service } from "#mixins/service/service.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";

const run = promisify(execFile);

const RECOVERY_MS = 25_000; // Postgres reads its log again after a crash, on a machine whose disk others use as well

let dataDir: string; // mkdtemp gives it the mode 0700: the user that Postgres runs as cannot enter it
/** A data folder whose database is initialized: copies of it save most tests the seconds that initdb takes. */
let initialized: string;
const running: EmbeddedPostgres[] = [];
const holders: ChildProcess[] = [];

beforeAll(async () => {
  initialized = await mkdtemp(join(tmpdir(), "tradepost-test-"));
  await (await startEmbeddedPostgres({ dataDir: initialized, log: () => {} })).stop();
});

afterAll(() => rm(initialized, { recursive: true, force: true }));

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "tradepost-test-"));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  for (const holder of holders.splice(0)) holder.kill("SIGKILL");
  // The server of a holder that was killed ends by itself, and writes until it has.
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

/** Gives the test a copy of the initialized folder, with the owners of its files. */
async function copyInitialized(folder = dataDir): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run("cp", ["-a", `${initialized}/.`, folder]);
}

async function start(folder = dataDir): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir: folder, log: () => {} });
  running.push(server);
  return server;
}

/** Starts another process that runs the server of the same folder. */
async function hold(): Promise<{ holder: ChildProcess; url: string }> {
  const holder = spawn(process.execPath, [join(import.meta.dirname, "../support/postgres-holder.ts"), dataDir]);
  holders.push(holder);
  const [url] = await once(createInterface({ input: holder.stdout }), "line");
  return { holder, url };
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  client.on("error", () => {}); // the tests kill servers
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

const KEEP = "CREATE TABLE kept AS SELECT 42 AS answer";
const READ = "SELECT answer FROM kept";

test("starts from nothing, durable, and reachable by its socket only", async () => {
  const { url } = await start();
  expect(
    await query(
      url,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
              current_setting('listen_addresses') AS tcp, current_setting('server_encoding') AS encoding, upper('ä') AS upper`,
    ),
  ).toEqual([{ fsync: "on", commit: "on", tcp: "", encoding: "UTF8", upper: "Ä" }]);
});

test("keeps its data over a restart", async () => {
  await copyInitialized();
  const first = await start();
  await query(first.url, KEEP);
  await first.stop();
  expect(await query((await start()).url, READ)).toEqual([{ answer: 42 }]);
});

test("starts after its process was killed", async () => {
  await copyInitialized();
  const { holder, url } = await hold();
  await query(url, KEEP);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  expect(await query((await start()).url, READ)).toEqual([{ answer: 42 }]);
});

test("starts although a killed server left the pid of another program", async () => {
  await copyInitialized();
  const { holder, url } = await hold();
  await query(url, KEEP);
  const pidFile = join(dataDir, "postgres/data/postmaster.pid");
  const left = await readFile(pidFile, "utf8");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  await (await start()).stop();
  await writeFile(pidFile, left.replace(/^\d+/, String(process.pid)));
  expect(await query((await start()).url, READ)).toEqual([{ answer: 42 }]);
});

async function killServer(): Promise<void> {
  const pidFile = await readFile(join(dataDir, "postgres/data/postmaster.pid"), "utf8");
  process.kill(Number(pidFile.split("\n")[0]), "SIGKILL");
}

async function patiently(url: string, text: string): Promise<unknown> {
  const deadline = Date.now() + RECOVERY_MS;
  let rows = await query(url, text).catch(() => undefined);
  while (!rows && Date.now() < deadline) rows = await query(url, text).catch(() => undefined);
  return rows;
}

test("comes back when the server itself is killed, again and again", async () => {
  await copyInitialized();
  const { url } = await start();
  await query(url, KEEP);
  for (let death = 0; death < 3; death++) {
    await killServer();
    expect(await patiently(url, READ)).toEqual([{ answer: 42 }]);
  }
});

test("comes back however often it could not, says once that it is gone, and stops when asked meanwhile", async () => {
  const warnings: string[] = [];
  let failures = 0;
  const log = (line: string) => {
    if (line.includes("did not start")) failures += 1;
  };
  await copyInitialized();
  const server = await startEmbeddedPostgres({ dataDir, log, warn: (line) => warnings.push(line) });
  running.push(server);
  await query(server.url, KEEP);
  const failing = async (times: number) => {
    await writeFile(join(dataDir, "postgres/data/postgresql.auto.conf"), "no_such_setting = 1\n"); // as good as a full disk
    await killServer();
    failures = 0;
    while (failures < times) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await failing(4);
  await writeFile(join(dataDir, "postgres/data/postgresql.auto.conf"), "");
  expect(await patiently(server.url, READ)).toEqual([{ answer: 42 }]);
  expect(warnings).toEqual([expect.stringMatching(/^Postgres ended \(SIGKILL\); it is started again/)]);
  await failing(1);
  await server.stop();
});

test("ignores variables for other Postgres servers, such as PGPORT", async () => {
  const foreign = {
    PGHOST: "postgres.invalid",
    PGPORT: "1",
    PGUSER: "somebody",
    PGDATABASE: "elsewhere",
    PGPASSWORD: "secret",
    PGSSLMODE: "require",
    PGSSLNEGOTIATION: "direct",
    PGCONNECT_TIMEOUT: "1",
    PGOPTIONS: "-c search_path=nowhere",
    PGCLIENT_ENCODING: "LATIN1",
    PGREPLICATION: "database",
  };
  const before = { ...process.env };
  Object.assign(process.env, foreign);
  let broker: ServiceBroker | undefined;
  try {
    broker = await startBroker({
      namespace: "env",
      services: [
        service(contract("shelf", { summary: "Has a database.", actions: {} }), {
          database: { migrations: join(dataDir, "none") },
          actions: {},
        }),
      ],
      settings: { DATABASE_URL: "", DATA_DIR: dataDir },
    });
    const settings = `SELECT current_user AS user, current_database() AS database,
      current_setting('search_path') AS path, current_setting('client_encoding') AS encoding`;
    expect(await databaseOf(broker, "shelf").query(settings)).toEqual([
      { user: "env_shelf", database: "env", path: '"shelf",public', encoding: "UTF8" },
    ]);
    expect(await query(embeddedPostgresUrl(dataDir), settings)).toEqual([
      { user: "postgres", database: "postgres", path: '"$user", public', encoding: "UTF8" },
    ]);
  } finally {
    for (const name of Object.keys(foreign)) delete process.env[name];
    Object.assign(process.env, before);
    await broker?.stop();
  }
});

test("makes its data again when the first attempt was cut off", async () => {
  await mkdir(join(dataDir, "postgres/data.new/base"), { recursive: true });
  await writeFile(join(dataDir, "postgres/data.new/PG_VERSION"), "17\n");
  expect(await query((await start()).url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("runs where the path is too long for a socket", async () => {
  const folder = join(dataDir, "long".repeat(30));
  await copyInitialized(folder);
  const { url, socketDir } = await start(folder);
  expect(socketDir.startsWith(dataDir)).toBe(false);
  expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await rm(socketDir, { recursive: true, force: true });
});

test("says in one sentence that the folder cannot be written", async () => {
  const file = join(dataDir, "file");
  await writeFile(file, "");
  const failure = await start(join(file, "data")).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartupError);
  expect((failure as Error).message).toMatch(
    /^The data folder .* cannot be written \(ENOTDIR\): set DATA_DIR to .*\.$/,
  );
});

test("says in one sentence that another process uses the folder", async () => {
  await copyInitialized();
  const { holder } = await hold();
  await expect(start()).rejects.toThrow(new RegExp(`in use by process ${holder.pid}: .*\\.$`));
});

test("says in one sentence what the server objects to", async () => {
  await copyInitialized();
  await writeFile(join(dataDir, "postgres/data/PG_VERSION"), "12\n");
  await expect(start()).rejects.toThrow(/did not start: FATAL: {2}database files are incompatible with server$/);
});

import { resolve } from "node:path";
import { makeDataFolder } from "./data-folder.ts";
import { takeOwnership } from "./data-folder-owner.ts";
import { PORT, prepareInstallation, socketFolder } from "./installation.ts";
import { endOrphan, keepServerRunning, type StopServer } from "./postgres-server.ts";

const SETTINGS: Readonly<Record<string, string>> = {
  port: String(PORT),
  listen_addresses: "",
  max_connections: "300",
  shared_buffers: "128MB",
  wal_buffers: "16MB",
  wal_level: "minimal", // there is no replica
  max_wal_senders: "0",
  random_page_cost: "1.1", // solid-state disk
  jit: "off", // costs more than it saves on short statements
  deadlock_timeout: "200ms", // less than LOCK_TIMEOUT_MS, so that the loser of a deadlock can try again
  log_min_messages: "fatal", // the client of a failed statement logs its error
  log_checkpoints: "off",
  log_line_prefix: "",
  timezone: "UTC",
  // fsync, full_page_writes, synchronous_commit and autovacuum keep their default, which is on.
};

export interface EmbeddedPostgres {
  /** Connection to the database `postgres`; the folder of the socket is the query parameter `host`. */
  url: string;
  socketDir: string;
  /** Ends the server, within 14 seconds. `immediate`: without a checkpoint; the next start recovers from the log. */
  stop: StopServer;
}

/**
 * Runs a real Postgres in `<dataDir>/postgres`. The folder is made at the first start and then kept.
 * The server ends with this process, even when this process is killed; the next start recovers what was committed.
 * @throws StartupError in one sentence: the folder is not writable or in use, or no server runs after 15 seconds
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: (line: string) => void;
  /** For what an operator has to know. Absent: `log`. */
  warn?: (line: string) => void;
  /** Settings of the server that differ from the defaults of this file. */
  settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedPostgres> {
  const { log, warn = log } = options;
  const installation = await prepareInstallation(resolve(options.dataDir), log);
  const { home, sockets, user } = installation;
  const settings = { ...SETTINGS, unix_socket_directories: sockets, ...options.settings };
  const ownership = await takeOwnership(installation);
  try {
    await endOrphan(installation);
    // Only now, because an ending server deletes files.
    for (const folder of new Set([home, sockets])) await user.own(folder);
    await makeDataFolder(installation);
    const stopServer = await keepServerRunning(installation, settings, warn);
    let stopped: Promise<void> | undefined;
    const stop: StopServer = (how) => {
      stopped ??= stopServer(how).finally(() => ownership.close());
      return stopped;
    };
    return { url: urlOf(sockets), socketDir: sockets, stop };
  } catch (error) {
    ownership.close();
    throw error;
  }
}

/** The URL of the server of a data folder, which this or another process runs. */
export function embeddedPostgresUrl(dataDir: string): string {
  return urlOf(socketFolder(resolve(dataDir)));
}

/**
 * `pg` takes from PGPORT, PGSSLMODE, PGOPTIONS and other variables whatever its configuration leaves open. They are meant
 * for another server, so this URL says everything, defaults included.
 */
function urlOf(sockets: string): string {
  const parameters = {
    host: sockets,
    sslmode: "disable",
    sslnegotiation: "postgres",
    options: "-c timezone=UTC",
    client_encoding: "UTF8",
    replication: "false",
  };
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `postgres://postgres@localhost:${PORT}/postgres?${query.join("&")}`;
}

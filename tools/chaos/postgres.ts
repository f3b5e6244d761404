import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";

const PORT = 5432;

/** The Postgres server under test. It can be stopped immediately, as by a power cut, and started again. */
export class ChaosPostgres {
  readonly #dataDir: string;
  readonly #log: (line: string) => void;
  #server: EmbeddedPostgres | undefined;
  #settings: Readonly<Record<string, string>> = {};
  /** Of the database `postgres`; the same after each start. */
  url = "";
  socketDir = "";

  constructor(dataDir: string, log: (line: string) => void) {
    this.#dataDir = dataDir;
    this.#log = log;
  }

  async start(): Promise<void> {
    if (this.#server) return;
    this.#server = await startEmbeddedPostgres({
      dataDir: this.#dataDir,
      log: this.#log,
      settings: this.#settings,
    });
    this.url = this.#server.url;
    this.socketDir = this.#server.socketDir;
  }

  /** Restarts it, to be reached at an address of this machine too. @returns its port there */
  async listenAt(host: string): Promise<number> {
    await this.stop();
    await appendFile(join(this.#dataDir, "postgres/data/pg_hba.conf"), `host all all ${host}/24 trust\n`);
    this.#settings = { listen_addresses: host };
    await this.start();
    return PORT;
  }

  /** Restarts it, to be reached by its socket alone. */
  async listenNowhere(): Promise<void> {
    await this.stop();
    this.#settings = {};
    await this.start();
  }

  /** An immediate stop without a checkpoint; the next start recovers from the write-ahead log. */
  async crash(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop("immediate");
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop();
  }
}

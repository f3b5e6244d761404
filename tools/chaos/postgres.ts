import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../mixins/embedded-postgres.ts";

/** The Postgres server under test, which can be stopped at once, as by a power cut of its host, and started again. */
export class ChaosPostgres {
  readonly #dataDir: string;
  readonly #log: (line: string) => void;
  #server: EmbeddedPostgres | undefined;
  /** Of the database `postgres`; the same after each start. */
  url = "";
  socketDir = "";

  constructor(dataDir: string, log: (line: string) => void) {
    this.#dataDir = dataDir;
    this.#log = log;
  }

  async start(): Promise<void> {
    if (this.#server) return;
    this.#server = await startEmbeddedPostgres({ dataDir: this.#dataDir, log: this.#log });
    this.url = this.#server.url;
    this.socketDir = this.#server.socketDir;
  }

  /** An immediate stop: no checkpoint, no goodbye; the next start recovers from the log. */
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

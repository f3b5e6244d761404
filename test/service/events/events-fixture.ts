import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { expect } from "@jest/globals";
import pg from "pg";
import { PostgresOutboxStore } from "#lib/events/outbox/outbox-store.ts";
import type { DatabaseLayout } from "#lib/sql/data-place.ts";
import { databaseUrlOf } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import type { NodeOptions } from "./child-process.ts";
import { committedBy, type GroupName, seenBy } from "./test-services.ts";

const ANSWER_MS = 20_000;

/** A node in a process of its own, which a test can kill. */
export class Child {
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  #errors = "";

  private constructor(options: NodeOptions) {
    this.#process = spawn(process.execPath, [join(import.meta.dirname, "child-process.ts"), JSON.stringify(options)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream });
    this.#process.stderr?.on("data", (chunk) => {
      this.#errors += chunk;
    });
  }

  static async start(options: NodeOptions): Promise<Child> {
    const child = new Child(options);
    try {
      await child.#waitFor("ready");
    } catch (error) {
      child.#process.kill("SIGKILL"); // the test has no reference to it
      throw error;
    }
    return child;
  }

  /** Starts a node that kills itself at a fail point. @returns what it wrote to stderr */
  static async untilKilled(options: NodeOptions): Promise<string> {
    const child = new Child(options);
    try {
      await once(child.#process, "close", { signal: AbortSignal.timeout(ANSWER_MS) });
    } finally {
      child.#process.kill("SIGKILL");
    }
    expect(child.#process.signalCode).toBe("SIGKILL");
    return child.#errors;
  }

  /** Makes it stop producing events. */
  async pause(): Promise<void> {
    this.#process.stdin?.write("pause\n");
    await this.#waitFor("paused");
  }

  async kill(): Promise<void> {
    this.expectAlive();
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }

  /** Stops it gracefully. @returns its exit code */
  async end(): Promise<number | null> {
    if (!this.alive) return this.#process.exitCode;
    const gone = once(this.#process, "exit", { signal: AbortSignal.timeout(ANSWER_MS) });
    this.#process.stdin?.write("end\n");
    await gone.catch(() => this.#process.kill("SIGKILL"));
    return this.#process.exitCode;
  }

  get alive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** A failure of a server must not end a node. */
  expectAlive(): void {
    if (!this.alive) throw new Error(`A node has ended by itself:\n${this.#errors}`);
  }

  async #waitFor(word: string): Promise<void> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const exit = once(this.#process, "exit", { signal }).then(() => {
      throw new Error(`A node has ended before it was ${word}:\n${this.#errors}`);
    });
    const line = once(this.#lines, "line", { signal }).then(([text]) => expect(text).toBe(word));
    await Promise.race([line, exit]);
    exit.catch(() => undefined);
  }
}

/** The tables of the services of a namespace, read over connections of the test. */
export class Tables {
  readonly #pools = new Map<string, pg.Pool>();
  readonly #namespace: string;
  readonly #layout: DatabaseLayout;

  constructor(namespace: string, layout: DatabaseLayout = "schemas") {
    this.#namespace = namespace;
    this.#layout = layout;
  }

  of(service: string): { query<R extends object>(text: string, values?: readonly unknown[]): Promise<R[]> } {
    let pool = this.#pools.get(service);
    if (!pool) {
      pool = new pg.Pool({ connectionString: databaseUrlOf(this.#namespace, service, this.#layout), max: 2 });
      pool.on("error", () => {}); // some tests terminate every connection
      this.#pools.set(service, pool);
    }
    const found = pool;
    return {
      query: async <R extends object>(text: string, values: readonly unknown[] = []) =>
        (await found.query(text, [...values])).rows as R[],
    };
  }

  async count(service: string, table: string): Promise<number> {
    const [row] = await this.of(service).query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    return row?.count ?? 0;
  }

  /** The number of events behind the position of a service's relay. */
  unsent(service: string): Promise<number> {
    return this.count(service, "outbox WHERE id > (SELECT sent_to FROM outbox_position)");
  }

  /** Has a service's events sent again, as `npm run events:rebuild` does. */
  async sendAgain(service: string): Promise<void> {
    await new PostgresOutboxStore(this.of(service)).moveBack();
  }

  /** Ends every connection to the database that a service is in, as a restart of its server does. */
  async cutConnections(service: string): Promise<void> {
    await this.of(service).query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
  }

  /** Waits until every committed event has been applied, and expects each exactly once and in order. */
  async expectAllAppliedOnce(groups: readonly GroupName[], withinMs = 15_000): Promise<void> {
    const committed = await committedBy(this.of("tally"));
    const total = [...committed.values()].flat().length;
    expect(await this.count("tally", "outbox")).toBe(total);
    await eventually(async () => {
      const missing = { unsent: await this.unsent("tally"), unapplied: 0 };
      for (const group of groups) missing.unapplied += Math.max(0, total - (await this.count(group, "seen")));
      expect(missing).toEqual({ unsent: 0, unapplied: 0 });
    }, withinMs);
    for (const group of groups) expect(await seenBy(this.of(group))).toEqual(committed);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
  }
}

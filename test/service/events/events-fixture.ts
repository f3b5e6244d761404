import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { expect } from "@jest/globals";
import pg from "pg";
import { databaseUrlOf } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import type { NodeOrders } from "./child-process.ts";
import { type GroupName, madeBy, seenBy } from "./test-services.ts";

const ANSWER_MS = 20_000;

/** A node in a process of its own, which may be killed. */
export class Child {
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  #errors = "";

  private constructor(orders: NodeOrders) {
    this.#process = spawn(process.execPath, [join(import.meta.dirname, "child-process.ts"), JSON.stringify(orders)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream });
    this.#process.stderr?.on("data", (chunk) => {
      this.#errors += chunk;
    });
  }

  static async start(orders: NodeOrders): Promise<Child> {
    const child = new Child(orders);
    try {
      await child.#says("ready");
    } catch (error) {
      child.#process.kill("SIGKILL"); // nobody else knows of it
      throw error;
    }
    return child;
  }

  /** Starts one that is to die by its own hand. @returns what it said to the end */
  static async lifeOf(orders: NodeOrders): Promise<string> {
    const child = new Child(orders);
    try {
      await once(child.#process, "close", { signal: AbortSignal.timeout(ANSWER_MS) });
    } finally {
      child.#process.kill("SIGKILL");
    }
    expect(child.#process.signalCode).toBe("SIGKILL");
    return child.#errors;
  }

  /** Has it produce no more. */
  async rest(): Promise<void> {
    this.#process.stdin?.write("rest\n");
    await this.#says("rested");
  }

  async kill(): Promise<void> {
    this.expectAlive();
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }

  /** Ends gracefully. @returns its exit code */
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

  /** No trouble with servers may end a node. */
  expectAlive(): void {
    if (!this.alive) throw new Error(`A node has ended by itself:\n${this.#errors}`);
  }

  async #says(word: string): Promise<void> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const exit = once(this.#process, "exit", { signal }).then(() => {
      throw new Error(`A node has ended before it was ${word}:\n${this.#errors}`);
    });
    const line = once(this.#lines, "line", { signal }).then(([text]) => expect(text).toBe(word));
    await Promise.race([line, exit]);
    exit.catch(() => undefined);
  }
}

/** The databases of a namespace, seen from outside. */
export class Tables {
  readonly #pools = new Map<string, pg.Pool>();
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  of(service: string): { query<R extends object>(text: string, values?: readonly unknown[]): Promise<R[]> } {
    let pool = this.#pools.get(service);
    if (!pool) {
      pool = new pg.Pool({ connectionString: databaseUrlOf(this.#namespace, service), max: 2 });
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

  /** Ends every connection to a service's database, as a restart of its server does. */
  async cutConnections(service: string): Promise<void> {
    await this.of(service).query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
  }

  /** Waits until everything that was committed has been applied, then looks at what was. */
  async expectAllAppliedOnce(groups: readonly GroupName[], withinMs = 15_000): Promise<void> {
    const made = await madeBy(this.of("tally"));
    const total = [...made.values()].flat().length;
    expect(await this.count("tally", "outbox")).toBe(total);
    await eventually(async () => {
      const missing = { unsent: await this.count("tally", "outbox WHERE sent_at IS NULL"), unseen: 0 };
      for (const group of groups) missing.unseen += Math.max(0, total - (await this.count(group, "seen")));
      expect(missing).toEqual({ unsent: 0, unseen: 0 });
    }, withinMs);
    for (const group of groups) expect(await seenBy(this.of(group))).toEqual(made);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
  }
}

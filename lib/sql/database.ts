import type { Client } from "pg";
import type { Sequelize, WhereOptions } from "sequelize";
import { limits } from "#config/limits.ts";
import { paging } from "#lib/contract/contract.ts";
import { failPoints, type Scope } from "#lib/fault-injection/fail-points.ts";
import type { Cause } from "./cause.ts";
import type { DataPlace } from "./data-place.ts";
import { Growth } from "./growth.ts";
import { Semaphore } from "./semaphore.ts";
import { sqlState } from "./sql-state.ts";
import { type OutboxWriter, type Queryable, run, Transaction } from "./transaction.ts";

const TRANSACTION_TRIES = 4;
const RETRIED_STATES = new Set(["40001", "40P01"]); // serialisation failure, deadlock

const BOUNDED = `SELECT set_config('statement_timeout', $1, true), set_config('plan_cache_mode', 'force_custom_plan', true)`;

/** The data of one service: a schema of a database, or a database of its own. */
export class Database implements Queryable {
  readonly sequelize: Sequelize;
  readonly place: DataPlace;
  readonly #slots = new Semaphore(limits.POOL_TRANSACTIONS, limits.TRANSACTION_TURN_MS);
  readonly #growth = new Growth();
  readonly #outbox: OutboxWriter;
  readonly #nudge: (committed: readonly unknown[]) => void;
  readonly #released: () => void;
  readonly #list: (query: object) => Promise<object[]>;
  readonly #count: (query: object) => Promise<number>;

  constructor(parts: {
    sequelize: Sequelize;
    place: DataPlace;
    outbox: OutboxWriter;
    /** Gets the events of each transaction after its commit. */
    nudge: (committed: readonly unknown[]) => void;
    /** Is called when a connection is not used any more. */
    released: () => void;
    list: (query: object) => Promise<object[]>;
    count: (query: object) => Promise<number>;
  }) {
    this.sequelize = parts.sequelize;
    this.place = parts.place;
    this.#outbox = parts.outbox;
    this.#nudge = parts.nudge;
    this.#released = parts.released;
    this.#list = parts.list;
    this.#count = parts.count;
  }

  async query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    const client = await this.#acquire();
    try {
      return await run<Row>(client, text, values);
    } finally {
      this.#release(client);
    }
  }

  /**
   * Runs work in one transaction. After a deadlock it runs again, so it must do everything through `tx`. At most
   * `POOL_TRANSACTIONS` run at once, so that connections remain free while transactions wait for locked rows.
   * @param scope names the work for fail points
   * @throws whatever the work throws, after a rollback
   */
  transaction<T>(cause: Cause, work: (tx: Transaction) => Promise<T>, scope?: Scope): Promise<T> {
    const began = performance.now();
    return this.#slots.run(() => {
      // Postgres applies the lock time-out twice to a row: to the queue of waiting transactions, and to the lock's holder.
      const lockTimeoutMs = Math.ceil((limits.TRANSACTION_WAIT_MS - (performance.now() - began)) / 2);
      if (lockTimeoutMs >= limits.LOCK_TIMEOUT_MS) return this.#retried(cause, work, scope);
      const bounded = (tx: Transaction) => {
        tx.write("SELECT set_config('lock_timeout', $1, true)", [`${Math.max(1, lockTimeoutMs)}ms`]);
        return work(tx);
      };
      return this.#retried(cause, bounded, scope);
    });
  }

  /** A transaction that takes no turn of an action. For consumer groups, which apply one batch at a time. */
  consume<T>(cause: Cause, work: (tx: Transaction) => Promise<T>, scope?: Scope): Promise<T> {
    return this.#retried(cause, work, scope);
  }

  async #retried<T>(cause: Cause, work: (tx: Transaction) => Promise<T>, scope?: Scope): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(cause, work, scope);
      } catch (error) {
        if (attempt >= TRANSACTION_TRIES || !RETRIED_STATES.has(sqlState(error) ?? "")) throw error;
      }
    }
  }

  async #attempt<T>(cause: Cause, work: (tx: Transaction) => Promise<T>, scope: Scope | undefined): Promise<T> {
    const client = await this.#acquire();
    const tx = new Transaction(client, cause, this.#outbox);
    let events: readonly unknown[];
    let result: T;
    try {
      tx.write("BEGIN");
      result = await work(tx);
      if (failPoints && scope) await failPoints.reach("before-commit", scope);
      events = await tx.commit();
    } catch (error) {
      // A connection that cannot roll back leaves the pool.
      await client.query("ROLLBACK").catch(() => Object.assign(client, { _invalid: true }));
      throw (await tx.fault()) ?? error;
    } finally {
      this.#release(client);
    }
    if (failPoints && scope) await failPoints.reach("after-commit", scope);
    if (events.length > 0) this.#nudge(events);
    tx.committed();
    return result;
  }

  /**
   * Reads with statements that are planned for their values, because the best plan depends on them, and that end after
   * `timeoutMs` each. All of them see the same moment.
   */
  async readWithin<T>(timeoutMs: number, read: (db: Queryable) => Promise<T>): Promise<T> {
    const client = await this.#acquire();
    const tx: Queryable = { query: (text, values) => run(client, text, values) };
    try {
      const begun = Promise.all([
        client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        tx.query(BOUNDED, [`${timeoutMs}ms`]),
      ]);
      const [result] = await Promise.all([read(tx), begun]);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch(() => Object.assign(client, { _invalid: true }));
      throw error;
    } finally {
      this.#release(client);
    }
  }

  /** One page of the service's table through moleculer-db's own paging; `sort` such as `-createdAt`. */
  async page<Row extends object>(query: {
    page?: number | undefined;
    limit?: number | undefined;
    sort?: string | undefined;
    where?: WhereOptions;
  }): Promise<{ rows: Row[]; pagination: { page: number; limit: number; total: number } }> {
    const { sort, where = {} } = query;
    const { page, limit, offset } = paging(query);
    const [rows, total] = await Promise.all([
      this.#list({ limit, offset, query: where, ...(sort ? { sort } : {}) }),
      this.#count({ query: where }),
    ]);
    return { rows: rows as Row[], pagination: { page, limit, total } };
  }

  #release(client: Client): void {
    this.sequelize.connectionManager.releaseConnection(client);
    this.#released();
  }

  async #acquire(): Promise<Client> {
    const client = (await this.sequelize.connectionManager.getConnection({ type: "write" })) as Client;
    // Each statement is sent at once, without waiting for the results of earlier ones.
    Object.assign(client, { pipeline: true, growth: this.#growth });
    this.#growth.renewPlans(client);
    return client;
  }
}

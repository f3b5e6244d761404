import { createHash } from "node:crypto";
import type { Writable } from "node:stream";
import type { Client } from "pg";
import { limits } from "#config/limits.ts";
import type { DataOf, NamedEvent } from "#lib/contract/types.ts";
import type { Cause } from "./cause.ts";
import type { Growth } from "./growth.ts";

export interface Queryable {
  /** Runs one statement with bound parameters (`$1`, …). It is kept prepared, so `text` must be a constant. */
  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

const statementNames = new Map<string, string>();

function statementName(text: string): string | undefined {
  let name = statementNames.get(text);
  if (name === undefined && statementNames.size < limits.PREPARED_STATEMENTS) {
    name = createHash("sha1").update(text).digest("base64url");
    statementNames.set(text, name);
  }
  return name;
}

/** Only for `Database` and `Transaction`: runs one statement on one connection. */
export async function run<Row>(
  client: Client & { growth?: Growth },
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const name = statementName(text);
  sendTogether(client);
  const result = await client.query({ text, values: values as unknown[], ...(name ? { name } : {}) });
  if (result.command === "INSERT") client.growth?.inserted(text, result.rowCount ?? 0);
  return result.rows as Row[];
}

/** Sends what is written to a connection until the next turn of the event loop in one system call, as they are expensive. */
function sendTogether(client: Client): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** Stores the events that a transaction publishes. The outbox implements it, so that this file does not depend on it. */
export interface OutboxWriter {
  /** @throws DomainError VALIDATION_FAILED when the data do not fit the contract of the event, which is a bug of the producer */
  draft<E extends NamedEvent>(event: E, data: DataOf<E>, cause: Cause): unknown;
  /** Writes drafts of events within the transaction. @returns the events as they are stored */
  write(tx: Pick<Transaction, "query">, drafts: readonly unknown[]): Promise<readonly unknown[]>;
}

/** Work that is committed completely, with its events, or not at all. */
export class Transaction implements Queryable {
  readonly #client: Client;
  readonly #cause: Cause;
  readonly #outbox: OutboxWriter;
  readonly #shared: Shared;

  constructor(
    client: Client,
    cause: Cause,
    outbox: OutboxWriter,
    shared: Shared = { drafts: [], writes: [], callbacks: [] },
  ) {
    this.#client = client;
    this.#cause = cause;
    this.#outbox = outbox;
    this.#shared = shared;
  }

  /** The same transaction with another cause for its events, for one of several events that are applied together. */
  because(cause: Cause): Transaction {
    return new Transaction(this.#client, cause, this.#outbox, this.#shared);
  }

  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return run<Row>(this.#client, text, values);
  }

  /**
   * Runs a statement without a result, and does not wait for it, which saves a round trip. If it fails, the statements
   * after it fail as well, and the transaction is rolled back and throws its error.
   * @param explain gives the error to throw for the error of the statement
   */
  write(text: string, values?: readonly unknown[], explain: (error: unknown) => unknown = (error) => error): void {
    const written = run(this.#client, text, values).catch((error: unknown) => {
      throw explain(error);
    });
    written.catch(() => undefined); // thrown by `commit`, or by the statement after it
    this.#shared.writes.push(written);
  }

  /** Publishes an event if, and only if, this transaction commits. */
  emit<E extends NamedEvent>(event: E, data: DataOf<E>): void {
    this.#shared.drafts.push(this.#outbox.draft(event, data, this.#cause));
  }

  /** Runs after a commit, never after a rollback. For work that may be lost, such as signals. */
  afterCommit(callback: () => void): void {
    this.#shared.callbacks.push(callback);
  }

  /**
   * Only for `Database`: writes the events and commits, in one round trip.
   * @returns the events that were written
   */
  async commit(): Promise<readonly unknown[]> {
    const { drafts, writes } = this.#shared;
    const events = drafts.length > 0 ? this.#outbox.write(this, drafts) : [];
    const [{ command }, written] = await Promise.all([this.#client.query("COMMIT"), events, ...writes]);
    // Postgres answers ROLLBACK when a statement had failed although the work has ignored that.
    if (command !== "COMMIT") throw new Error("The transaction was rolled back: one of its statements had failed.");
    return written;
  }

  /** Only for `Database`: the error of the first failed `write`. The errors of later statements only say that one failed. */
  async fault(): Promise<unknown> {
    const outcomes = await Promise.allSettled(this.#shared.writes);
    return outcomes.find((outcome) => outcome.status === "rejected")?.reason;
  }

  /** Only for `Database`. */
  committed(): void {
    for (const callback of this.#shared.callbacks) callback();
  }
}

/** What all objects of one transaction share; see `because`. */
interface Shared {
  drafts: unknown[];
  writes: Promise<unknown>[];
  callbacks: (() => void)[];
}

import { createHash } from "node:crypto";
import type { Client } from "pg";
import { limits } from "#config/limits.ts";
import type { DataOf, NamedEvent } from "#lib/contract/types.ts";

import type { Cause } from "./cause.ts";

export interface Queryable {
  /** Runs one statement with bound parameters (`$1`, …); kept prepared, so `text` must be a constant. */
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

/** For the database alone: one statement on one connection. */
export async function run<Row>(client: Client, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const name = statementName(text);
  const result = await client.query({ text, values: values as unknown[], ...(name ? { name } : {}) });
  return result.rows as Row[];
}

/** How a transaction stores the events it publishes; the outbox implements it, so that this file need not know it. */
export interface OutboxWriter {
  /** @throws DomainError VALIDATION_FAILED when the data do not fit the event's contract: a bug of the producer */
  draft<E extends NamedEvent>(event: E, data: DataOf<E>, cause: Cause): unknown;
  /** Writes what `draft` made, within the transaction. */
  write(tx: Pick<Transaction, "write">, drafts: readonly unknown[]): void;
}

/** Work that commits whole or not at all, its events included. */
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

  /** The same transaction, whose events from here on name another cause: one of many events applied together. */
  because(cause: Cause): Transaction {
    return new Transaction(this.#client, cause, this.#outbox, this.#shared);
  }

  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return run<Row>(this.#client, text, values);
  }

  /**
   * Runs a statement whose answer nobody needs: the work goes on without waiting a round trip for it. Should it fail,
   * nothing of the transaction is stored, and the transaction throws what it failed of.
   */
  write(text: string, values?: readonly unknown[]): void {
    const written = run(this.#client, text, values);
    written.catch(() => undefined); // thrown by `commit`, or by the statement after it
    this.#shared.writes.push(written);
  }

  /** Publishes a fact if, and only if, this transaction commits. */
  emit<E extends NamedEvent>(event: E, data: DataOf<E>): void {
    this.#shared.drafts.push(this.#outbox.draft(event, data, this.#cause));
  }

  /** Runs after a commit, never after a rollback; for what may be lost, such as signals. */
  afterCommit(callback: () => void): void {
    this.#shared.callbacks.push(callback);
  }

  /**
   * For the database alone: writes the events and ends the transaction, in one round trip.
   * @returns whether events were written
   */
  async commit(): Promise<boolean> {
    const { drafts, writes } = this.#shared;
    if (drafts.length > 0) this.#outbox.write(this, drafts);
    const [{ command }] = await Promise.all([this.#client.query("COMMIT"), ...writes]);
    // Postgres answers so when a statement failed and the work went on regardless: nothing of it is stored.
    if (command !== "COMMIT") throw new Error("The transaction was rolled back: one of its statements had failed.");
    return drafts.length > 0;
  }

  /** For the database alone: what the first failed write failed of. Statements after it only say that one failed. */
  async fault(): Promise<unknown> {
    const outcomes = await Promise.allSettled(this.#shared.writes);
    return outcomes.find((outcome) => outcome.status === "rejected")?.reason;
  }

  /** For the database alone. */
  committed(): void {
    for (const callback of this.#shared.callbacks) callback();
  }
}

/** What the views of one transaction have in common. */
interface Shared {
  drafts: unknown[];
  writes: Promise<unknown>[];
  callbacks: (() => void)[];
}

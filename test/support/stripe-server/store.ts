import { DatabaseSync } from "node:sqlite";
import type { Objects } from "./shapes.ts";

type Kind = keyof Objects;

/** The answer that a key got. `request` is what was asked under it. */
export interface StoredAnswer {
  request: string;
  status: number;
  body: string;
}

/** An event on its way to the shop. */
export interface Delivery {
  deliveryId: number;
  eventId: string;
  attempts: number;
}

/** The metadata of intents by which they are found without reading all of them. */
const INDEXED: readonly string[] = ["operation", "orderId"];

const TABLES = `
  CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    parent TEXT, -- the intent of a charge, refund or dispute, the customer of a method
    created INTEGER NOT NULL,
    json TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS object_kind ON object (kind, seq);
  CREATE INDEX IF NOT EXISTS object_parent ON object (parent, kind, seq) WHERE parent IS NOT NULL;
  CREATE INDEX IF NOT EXISTS object_operation ON object (json_extract(json, '$.metadata.operation'))
    WHERE kind = 'payment_intent';
  CREATE INDEX IF NOT EXISTS object_order ON object (json_extract(json, '$.metadata.orderId'))
    WHERE kind = 'payment_intent';
  CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS delivery (
    delivery_id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
  );`;

/** What the server keeps, in a file, so that it survives the server. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  /** @param file a new one, or that of an earlier server */
  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    // A killed process loses nothing; a test needs no more.
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${TABLES}`);
  }

  close(): void {
    this.#db.close();
  }

  /** Everything or nothing. */
  transaction<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  save<K extends Kind>(kind: K, object: Objects[K], parent: string | null = null): void {
    this.#run(
      `INSERT INTO object (id, kind, parent, created, json) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET json = excluded.json, parent = coalesce(excluded.parent, parent)`,
      [object.id, kind, parent, object.created, JSON.stringify(object)],
    );
  }

  find<K extends Kind>(kind: K, id: string): Objects[K] | undefined {
    return this.#objects(kind, "SELECT json FROM object WHERE id = ? AND kind = ?", [id, kind])[0];
  }

  /** The newest first. */
  ofParent<K extends Kind>(kind: K, parent: string): Objects[K][] {
    return this.#objects(kind, "SELECT json FROM object WHERE parent = ? AND kind = ? ORDER BY seq DESC", [
      parent,
      kind,
    ]);
  }

  /** The newest first. @param after the id of the last one of the page before */
  page<K extends Kind>(
    kind: K,
    {
      from = 0,
      to = Number.MAX_SAFE_INTEGER,
      after,
      limit,
    }: { from?: number; to?: number; after?: string | undefined; limit: number },
  ): Objects[K][] {
    return this.#objects(
      kind,
      `SELECT json FROM object WHERE kind = ? AND created BETWEEN ? AND ?
         AND seq < coalesce((SELECT seq FROM object WHERE id = ?), ${Number.MAX_SAFE_INTEGER})
       ORDER BY seq DESC LIMIT ?`,
      [kind, from, to, after ?? "", limit],
    );
  }

  /** The intents whose metadata have this value. */
  intentsWith(name: string, value: string): Objects["payment_intent"][] {
    const isIndexed = INDEXED.includes(name); // an index is used only where the statement names the path itself
    const path = isIndexed ? `'$.metadata.${name}'` : "'$.metadata.' || ?";
    return this.#objects(
      "payment_intent",
      `SELECT json FROM object WHERE kind = 'payment_intent' AND json_extract(json, ${path}) = ? ORDER BY seq`,
      isIndexed ? [value] : [name, value],
    );
  }

  answer(key: string): StoredAnswer | undefined {
    return this.#all("SELECT request, status, body FROM answer WHERE key = ?", [key])[0] as StoredAnswer | undefined;
  }

  keepAnswer(key: string, { request, status, body }: StoredAnswer): void {
    this.#run(
      `INSERT INTO answer (key, request, status, body) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET status = excluded.status, body = excluded.body`,
      [key, request, status, body],
    );
  }

  addDelivery(eventId: string): void {
    this.#run("INSERT INTO delivery (event_id) VALUES (?)", [eventId]);
  }

  /** The oldest first. */
  deliveries(limit = Number.MAX_SAFE_INTEGER): Delivery[] {
    return this.#all(
      `SELECT delivery_id AS "deliveryId", event_id AS "eventId", attempts FROM delivery ORDER BY delivery_id LIMIT ?`,
      [limit],
    ) as unknown as Delivery[];
  }

  countDeliveries(): number {
    return Number(this.#all("SELECT count(*) AS count FROM delivery", [])[0]?.count);
  }

  countAttempt(deliveryId: number): void {
    this.#run("UPDATE delivery SET attempts = attempts + 1 WHERE delivery_id = ?", [deliveryId]);
  }

  endDelivery(deliveryId: number): void {
    this.#run("DELETE FROM delivery WHERE delivery_id = ?", [deliveryId]);
  }

  #objects<K extends Kind>(_kind: K, text: string, values: (string | number)[]): Objects[K][] {
    return this.#all(text, values).map(({ json }) => JSON.parse(String(json)) as Objects[K]);
  }

  #all(text: string, values: (string | number)[]): Record<string, unknown>[] {
    return this.#statement(text).all(...values) as Record<string, unknown>[];
  }

  #run(text: string, values: (string | number | null)[]): void {
    this.#statement(text).run(...values);
  }

  #statement(text: string): ReturnType<DatabaseSync["prepare"]> {
    const statement = this.#statements.get(text) ?? this.#db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

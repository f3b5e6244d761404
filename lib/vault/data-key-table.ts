import { sqlState } from "#lib/sql/sql-state.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { DataKey, DataKeys } from "./vault.ts";

const COLUMNS = `key_id AS "keyId", main_key_id AS "mainKeyId", wrapped`;
const FOREIGN_KEY_VIOLATION = "23503";

/** Whether a value was written under a data key that was removed meanwhile. Then it is to be encrypted again. */
export function isKeyRemoved(error: unknown): boolean {
  return sqlState(error) === FOREIGN_KEY_VIOLATION;
}

/** The table `data_key` of a service. Columns `key_id` refer to it, so that a key that is used cannot be removed. */
export class DataKeyTable implements DataKeys {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async newest(): Promise<DataKey | undefined> {
    return (await this.list(1))[0];
  }

  async find(keyId: string): Promise<DataKey | undefined> {
    const [key] = await this.#db.query<DataKey>(`SELECT ${COLUMNS} FROM data_key WHERE key_id = $1`, [keyId]);
    return key;
  }

  async add({ keyId, mainKeyId, wrapped }: DataKey): Promise<void> {
    await this.#db.query("INSERT INTO data_key (key_id, main_key_id, wrapped) VALUES ($1, $2, $3)", [
      keyId,
      mainKeyId,
      wrapped,
    ]);
  }

  /** The newest first. */
  list(limit: number): Promise<DataKey[]> {
    return this.#db.query<DataKey>(`SELECT ${COLUMNS} FROM data_key ORDER BY number DESC LIMIT $1`, [limit]);
  }

  /** Removes a key. @returns false when it is used */
  async remove(keyId: string): Promise<boolean> {
    try {
      await this.#db.query("DELETE FROM data_key WHERE key_id = $1", [keyId]);
      return true;
    } catch (error) {
      if (isKeyRemoved(error)) return false;
      throw error;
    }
  }
}

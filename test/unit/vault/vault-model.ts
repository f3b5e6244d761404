import { randomBytes } from "node:crypto";
import { LocalMainKeys } from "#lib/vault/main-keys.ts";
import type { EncryptedRow, EncryptedRows, RemovableKeys, Renewed } from "#lib/vault/rotation.ts";
import type { DataKey, DataKeys, Sealed } from "#lib/vault/vault.ts";

export function mainKeys(...names: [string, ...string[]]): LocalMainKeys {
  const [first, ...others] = names.map((name) => [name, randomBytes(32)] as const);
  return new LocalMainKeys([first as [string, Buffer], ...others]);
}

/** A row refers to a data key that does not exist. */
export class KeyIsGone extends Error {}

/** A database with data keys and rows of values, in memory. Each statement is one turn of `wait`. */
export class Tables implements DataKeys, RemovableKeys, EncryptedRows {
  readonly keys: DataKey[] = [];
  readonly rows = new Map<string, Sealed>();
  readonly #wait: () => Promise<unknown>;

  constructor(wait: () => Promise<unknown> = async () => {}) {
    this.#wait = wait;
  }

  async newest(): Promise<DataKey | undefined> {
    await this.#wait();
    return this.keys.at(-1);
  }

  async find(keyId: string): Promise<DataKey | undefined> {
    await this.#wait();
    return this.keys.find((key) => key.keyId === keyId);
  }

  async add(key: DataKey): Promise<void> {
    await this.#wait();
    this.keys.push(key);
  }

  async list(limit: number): Promise<DataKey[]> {
    await this.#wait();
    return this.keys.toReversed().slice(0, limit);
  }

  async remove(keyId: string): Promise<boolean> {
    await this.#wait();
    if ([...this.rows.values()].some((row) => row.keyId === keyId)) return false;
    this.keys.splice(
      this.keys.findIndex((key) => key.keyId === keyId),
      1,
    );
    return true;
  }

  async insert(id: string, sealed: Sealed): Promise<void> {
    await this.#wait();
    if (!this.keys.some(({ keyId }) => keyId === sealed.keyId)) throw new KeyIsGone();
    this.rows.set(id, sealed);
  }

  async read(keyId: string, after: string, limit: number): Promise<EncryptedRow[]> {
    await this.#wait();
    return [...this.rows]
      .filter(([id, row]) => row.keyId !== keyId && id > after)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([id, { value }]) => ({ id, value, row: id }));
  }

  async count(keyId: string): Promise<number> {
    await this.#wait();
    return [...this.rows.values()].filter((row) => row.keyId !== keyId).length;
  }

  async replace(renewed: readonly Renewed[]): Promise<void> {
    await this.#wait();
    for (const { id, from, to } of renewed) if (this.rows.get(id)?.value === from) this.rows.set(id, to);
  }
}

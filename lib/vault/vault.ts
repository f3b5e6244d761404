import { createSecretKey, type KeyObject, randomBytes, randomUUID } from "node:crypto";
import { BoundedMap } from "#lib/bounded-map.ts";
import type { MainKeys, WrappedKey } from "./main-keys.ts";
import { KEY_BYTES, seal, unseal } from "./seal.ts";
import { VaultError } from "./vault-error.ts";

const KEYS_KEPT = 100; // opened data keys of one process; a shop has one, and two while it changes it

/** A data key as it is stored: encrypted by a main key. */
export interface DataKey extends WrappedKey {
  keyId: string;
}

/** Where the data keys of a service are. */
export interface DataKeys {
  /** The one in use: the newest. */
  newest(): Promise<DataKey | undefined>;
  find(keyId: string): Promise<DataKey | undefined>;
  /** Stores a key. From then on it is the newest. */
  add(key: DataKey): Promise<void>;
}

/** An encrypted value. `keyId` is also the beginning of the value. */
export interface Sealed {
  keyId: string;
  value: string;
}

/**
 * Encrypts values at rest. Each value is encrypted by a data key, and each data key by a main key: a main key is used seldom,
 * may stay in a KMS, and is changed without touching what data keys have encrypted. Every value is bound to its row, so that it
 * cannot be decrypted anywhere else.
 */
export class Vault {
  readonly #mainKeys: MainKeys | undefined;
  readonly #dataKeys: DataKeys;
  readonly #opened = new BoundedMap<string, KeyObject>(KEYS_KEPT);

  /** @param mainKeys undefined: nothing can be encrypted or decrypted */
  constructor(mainKeys: MainKeys | undefined, dataKeys: DataKeys) {
    this.#mainKeys = mainKeys;
    this.#dataKeys = dataKeys;
  }

  /**
   * Encrypts under the newest data key, and makes the first one.
   * @param row what the value belongs to, such as a table, a column and a key
   * @throws VaultError
   */
  async encrypt(plaintext: string, row: string): Promise<Sealed> {
    const { keyId, key } = await this.#inUse();
    return { keyId, value: `${keyId}.${seal(key, Buffer.from(plaintext), contextOf(keyId, row))}` };
  }

  /** @param row as at its encryption. @throws VaultError */
  async decrypt(value: string, row: string): Promise<string> {
    const at = value.indexOf(".");
    const keyId = value.slice(0, Math.max(at, 0));
    const key = await this.#open(keyId);
    const plaintext = unseal(key, value.slice(at + 1), contextOf(keyId, row));
    if (plaintext) return plaintext.toString();
    throw new VaultError("notGenuine", "An encrypted value was changed, or belongs to another row.");
  }

  /** Makes a new data key, which is in use from now on. @returns its id. @throws VaultError */
  async renew(): Promise<string> {
    return (await this.#make()).keyId;
  }

  /** Makes sure that values can be encrypted. @throws VaultError */
  async prepare(): Promise<void> {
    await this.#inUse();
  }

  /** Whether a data key can be opened. @throws VaultError when it cannot */
  async check(key: DataKey): Promise<void> {
    await this.#unwrap(key);
  }

  async #inUse(): Promise<{ keyId: string; key: KeyObject }> {
    const newest = await this.#dataKeys.newest();
    if (!newest) return this.#make();
    return { keyId: newest.keyId, key: this.#opened.get(newest.keyId) ?? (await this.#unwrap(newest)) };
  }

  async #make(): Promise<{ keyId: string; key: KeyObject }> {
    const keyId = randomUUID();
    const bytes = randomBytes(KEY_BYTES);
    const wrapped = await this.#ask((mainKeys) => mainKeys.wrap(bytes, keyId));
    await this.#dataKeys.add({ keyId, ...wrapped });
    return { keyId, key: this.#keep(keyId, bytes) };
  }

  async #open(keyId: string): Promise<KeyObject> {
    const opened = this.#opened.get(keyId);
    if (opened) return opened;
    const stored = await this.#dataKeys.find(keyId);
    if (!stored) throw new VaultError("unknownDataKey", "The data key of an encrypted value is missing.");
    return this.#unwrap(stored);
  }

  async #unwrap(key: DataKey): Promise<KeyObject> {
    return this.#keep(key.keyId, await this.#ask((mainKeys) => mainKeys.unwrap(key, key.keyId)));
  }

  #keep(keyId: string, bytes: Buffer): KeyObject {
    const key = createSecretKey(bytes);
    this.#opened.set(keyId, key);
    return key;
  }

  async #ask<T>(ask: (mainKeys: MainKeys) => Promise<T>): Promise<T> {
    if (!this.#mainKeys) throw new VaultError("noMainKey", "No main key is configured.");
    try {
      return await ask(this.#mainKeys);
    } catch (error) {
      if (error instanceof VaultError) throw error;
      throw new VaultError("mainKeysAway", `The main keys cannot be used: ${String(error)}`);
    }
  }
}

function contextOf(keyId: string, row: string): string {
  return JSON.stringify(["value", keyId, row]);
}

import type { Sealed, Vault } from "./vault.ts";
import { VaultError } from "./vault-error.ts";

/** An encrypted value of one row. */
export interface EncryptedRow {
  id: string;
  value: string;
  /** What the value is bound to, as at its encryption. */
  row: string;
}

/** A value and what replaces it. */
export interface Renewed {
  id: string;
  from: string;
  to: Sealed;
}

/** The rows whose values are to be encrypted again. */
export interface EncryptedRows {
  /** Rows under another data key, in the order of their ids, with ids above `after`. */
  read(keyId: string, after: string, limit: number): Promise<EncryptedRow[]>;
  /** How many rows are under another data key. */
  count(keyId: string): Promise<number>;
  /** Replaces values, each only if it is still the same. */
  replace(renewed: readonly Renewed[]): Promise<void>;
}

/** The data keys as a rotation needs them. */
export interface RemovableKeys {
  list(limit: number): Promise<{ keyId: string }[]>;
  /** @returns false when the key is used */
  remove(keyId: string): Promise<boolean>;
}

export interface RotationOptions {
  vault: Vault;
  keys: RemovableKeys;
  rows: EncryptedRows;
  batchRows: number;
  /** Is called after each batch, with the number of rows done so far. */
  onProgress(done: number): void;
}

export interface Rotated {
  keyId: string;
  renewed: number;
  /** Rows whose values cannot be decrypted. They stay as they are. */
  unreadable: { id: string; reason: string }[];
  /** Rows that others wrote under an earlier key meanwhile, and those that are unreadable. */
  left: number;
  removedKeys: number;
}

const PASSES = 10; // over rows that others write meanwhile; they use the new key, so a second pass seldom finds any
const KEYS_LOOKED_AT = 1_000;

/**
 * Makes a new data key under the main key in use, encrypts all values again under it, and removes the data keys that are not
 * used any more. Others may read and write values meanwhile: they use the newest key from the moment it is stored. After
 * an interruption everything is readable, and the next run does the rest.
 */
export async function rotate({ vault, keys, rows, batchRows, onProgress }: RotationOptions): Promise<Rotated> {
  const keyId = await vault.renew();
  const unreadable = new Map<string, string>();
  let renewed = 0;
  for (let pass = 1, found = 1; found > 0 && pass <= PASSES; pass++) {
    found = 0;
    for (let after = ""; ; ) {
      const batch = await rows.read(keyId, after, batchRows);
      const last = batch.at(-1);
      if (!last) break;
      after = last.id;
      const done = await renewBatch(vault, batch, unreadable);
      await rows.replace(done);
      found += done.length;
      renewed += done.length;
      onProgress(renewed);
    }
  }
  const removedKeys = await removeUnused(keys, keyId);
  const left = await rows.count(keyId);
  return { keyId, renewed, unreadable: [...unreadable].map(([id, reason]) => ({ id, reason })), left, removedKeys };
}

async function renewBatch(
  vault: Vault,
  batch: readonly EncryptedRow[],
  unreadable: Map<string, string>,
): Promise<Renewed[]> {
  const renewed: Renewed[] = [];
  for (const { id, value, row } of batch) {
    try {
      renewed.push({ id, from: value, to: await vault.encrypt(await vault.decrypt(value, row), row) });
    } catch (error) {
      if (!(error instanceof VaultError) || error.fault === "mainKeysAway") throw error;
      unreadable.set(id, error.message);
    }
  }
  return renewed;
}

/** Keys from before this rotation. A key that is newer belongs to a rotation that began later. */
async function removeUnused(keys: RemovableKeys, keyId: string): Promise<number> {
  const all = (await keys.list(KEYS_LOOKED_AT)).map((key) => key.keyId);
  let removed = 0;
  for (const older of all.slice(all.indexOf(keyId) + 1)) if (await keys.remove(older)) removed++;
  return removed;
}

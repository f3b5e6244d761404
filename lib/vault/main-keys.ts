import { createSecretKey, type KeyObject } from "node:crypto";
import { KEY_BYTES, seal, unseal } from "./seal.ts";
import { VaultError } from "./vault-error.ts";

/** A data key as it is stored. */
export interface WrappedKey {
  /** Name of the main key that has encrypted it. */
  mainKeyId: string;
  /** Readable only for the main keys that made it. */
  wrapped: string;
}

/**
 * The main keys, which encrypt data keys and never enter a database. They may be in this process or in a KMS, which wraps
 * and unwraps without ever giving a key away. `dataKeyId` binds a wrapped key to its row; AWS and others call that the
 * encryption context.
 */
export interface MainKeys {
  /** Name of the main key in use: new data keys are wrapped by it. */
  current(): string;
  wrap(dataKey: Buffer, dataKeyId: string): Promise<WrappedKey>;
  /** @throws VaultError unknownMainKey or wrongMainKey; any other error counts as an outage */
  unwrap(key: WrappedKey, dataKeyId: string): Promise<Buffer>;
}

/** A main key by its name. */
export type NamedKey = readonly [name: string, key: Buffer];

/** Main keys in the memory of this process, the one in use first. */
export class LocalMainKeys implements MainKeys {
  readonly #current: string;
  readonly #keys: ReadonlyMap<string, KeyObject>; // objects, because a log line shows nothing of them

  constructor(keys: readonly [NamedKey, ...NamedKey[]]) {
    this.#current = keys[0][0];
    this.#keys = new Map(keys.map(([name, key]) => [name, createSecretKey(key)]));
  }

  current(): string {
    return this.#current;
  }

  async wrap(dataKey: Buffer, dataKeyId: string): Promise<WrappedKey> {
    const mainKeyId = this.#current;
    return { mainKeyId, wrapped: seal(this.#key(mainKeyId), dataKey, contextOf(mainKeyId, dataKeyId)) };
  }

  async unwrap({ mainKeyId, wrapped }: WrappedKey, dataKeyId: string): Promise<Buffer> {
    const key = unseal(this.#key(mainKeyId), wrapped, contextOf(mainKeyId, dataKeyId));
    if (key?.length === KEY_BYTES) return key;
    throw new VaultError("wrongMainKey", `The main key ${mainKeyId} is not the one that has encrypted a data key.`);
  }

  #key(name: string): KeyObject {
    const key = this.#keys.get(name);
    if (key) return key;
    throw new VaultError("unknownMainKey", `The main key ${name} is missing, which has encrypted a data key.`);
  }
}

function contextOf(mainKeyId: string, dataKeyId: string): string {
  return JSON.stringify(["data key", mainKeyId, dataKeyId]);
}

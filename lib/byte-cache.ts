interface Sized {
  readonly byteLength: number;
}

/**
 * Keeps values of together at most `maxBytes`; those that were not used for longest go first. Like `BoundedMap` it holds two
 * generations, so that every operation takes constant time: a value of the older one that is used moves to the younger one.
 */
export class ByteCache<V extends Sized> {
  readonly #maxBytes: number;
  #younger = new Map<string, V>();
  #older = new Map<string, V>();
  #youngerBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): V | undefined {
    const young = this.#younger.get(key);
    if (young !== undefined) return young;
    const old = this.#older.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** A value of more than half of `maxBytes` is not kept. */
  set(key: string, value: V): void {
    if (value.byteLength > this.#maxBytes / 2) {
      this.#delete(key);
      return;
    }
    const before = this.#younger.get(key)?.byteLength ?? 0;
    if (this.#youngerBytes - before + value.byteLength > this.#maxBytes / 2) {
      this.#older = this.#younger;
      this.#younger = new Map();
      this.#youngerBytes = 0;
    } else this.#youngerBytes -= before;
    this.#younger.set(key, value);
    this.#youngerBytes += value.byteLength;
  }

  #delete(key: string): void {
    this.#youngerBytes -= this.#younger.get(key)?.byteLength ?? 0;
    this.#younger.delete(key);
    this.#older.delete(key);
  }

  /** Deletes all values whose key begins so. It looks at every key: for what happens seldom. */
  deleteBeginning(prefix: string): void {
    for (const key of [...this.#older.keys(), ...this.#younger.keys()]) if (key.startsWith(prefix)) this.#delete(key);
  }
}

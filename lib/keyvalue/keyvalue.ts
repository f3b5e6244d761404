import { randomInt } from "node:crypto";
import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";

/** A value as it is stored, with its version, which `compareAndSet` takes. */
export interface Stored<T> {
  value: T;
  version: number;
}

/**
 * JSON values by key, each with a time to live, for data that may be lost: carts, sign-in challenges, counters.
 * While the store is unavailable every call fails with an error for which `isOutage` is true.
 */
export interface KeyValue {
  /** Whether a value stays until it expires. Otherwise it may be lost, for example when a server of the store restarts. */
  readonly durable: boolean;
  get<T>(key: string): Promise<Stored<T> | undefined>;
  /** @returns the new version */
  set<T>(key: string, value: T, ttlSeconds: number): Promise<number>;
  /**
   * Sets several values at once.
   * @returns the new versions, in the order of the entries
   */
  setAll(entries: readonly (readonly [key: string, value: unknown])[], ttlSeconds: number): Promise<number[]>;
  /**
   * Sets the value if it was not changed since it was read.
   * @param version of the value that was read; ABSENT if there was none
   * @returns the new version, or undefined if the value was changed
   */
  compareAndSet<T>(key: string, value: T, version: number, ttlSeconds: number): Promise<number | undefined>;
  /**
   * Adds to a counter. The time to live counts from the moment when the counter is made.
   * @returns the sum
   */
  increment(key: string, by: number, ttlSeconds: number): Promise<number>;
  /** @returns whether there was a value */
  delete(key: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The version to give to `compareAndSet` for a key without a value. */
export const ABSENT = 0;

/** @throws DomainError BODY_TOO_LARGE */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value ?? null);
  if (Buffer.byteLength(json) > limits.KEYVALUE_BYTES) {
    throw new DomainError("BODY_TOO_LARGE", `A stored value has at most ${limits.KEYVALUE_BYTES} bytes.`);
  }
  return json;
}

const FIRST_VERSIONS = 2 ** 47;

/**
 * The version of a new value. It is random, so that a value that was deleted and made again has another version than the
 * old one.
 */
export function firstVersion(): number {
  return randomInt(1, FIRST_VERSIONS);
}

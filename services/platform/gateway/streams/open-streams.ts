import { addressKey } from "#lib/client-address.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { accountOf, type Caller } from "../rest/caller.ts";

/** How many streams may be open for one account, for one address, and when a client may try again. */
export type OpenStreamBounds = Record<
  "STREAMS_PER_ACCOUNT" | "STREAMS_PER_ADDRESS" | "STREAM_RETRY_AFTER_SECONDS",
  number
>;

/** Counts the open streams of each account and of each address, so that no one client can take all of them. */
export class OpenStreams {
  readonly #bounds: OpenStreamBounds;
  readonly #open = new Map<string, number>();

  constructor(bounds: OpenStreamBounds = gatewayLimits) {
    this.#bounds = bounds;
  }

  /**
   * Counts one more stream of the caller.
   * @returns what must be called once, when the stream has ended
   * @throws DomainError RATE_LIMITED
   */
  add({ auth, address }: Caller): () => void {
    const { STREAMS_PER_ACCOUNT, STREAMS_PER_ADDRESS, STREAM_RETRY_AFTER_SECONDS } = this.#bounds;
    const account = accountOf(auth);
    const counted = [
      ...(account ? [{ key: `account ${account}`, max: STREAMS_PER_ACCOUNT, whose: "account" }] : []),
      { key: `address ${addressKey(address)}`, max: STREAMS_PER_ADDRESS, whose: "address" },
    ];
    const full = counted.find(({ key, max }) => (this.#open.get(key) ?? 0) >= max);
    if (full)
      throw new DomainError("RATE_LIMITED", `At most ${full.max} streams may be open for one ${full.whose}.`, {
        retryAfterSeconds: STREAM_RETRY_AFTER_SECONDS,
      });
    for (const { key } of counted) this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    return () => {
      for (const { key } of counted) this.#subtract(key);
    };
  }

  #subtract(key: string): void {
    const open = (this.#open.get(key) ?? 0) - 1;
    if (open > 0) this.#open.set(key, open);
    else this.#open.delete(key);
  }
}

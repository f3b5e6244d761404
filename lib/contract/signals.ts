import type { TSchema } from "typebox";
import type { Contracts, TypeOf } from "./types.ts";

/** Signals of the platform itself; those of a domain are declared in its contract, as `signals`. */
export interface PlatformSignals {
  /** Rows were committed to a service's outbox. */
  "outbox.committed": { service: string };
  /** Cached answers of the edge are stale. All are dropped: they live for a second, so reading them again is cheap. */
  "edge.invalidate": Record<string, never>;
}

type SignalsOf<S extends keyof Contracts> = Contracts[S] extends { signals: infer G } ? G : never;

/**
 * Plain Moleculer broadcasts, for what may be lost: nudges and cache invalidation. Every node hears them; whoever
 * relies on one has a slow poll or a short time to live behind it. `"orders.changed" | …`
 */
export type SignalName =
  | keyof PlatformSignals
  | { [S in keyof Contracts & string]: `${S}.${keyof SignalsOf<S> & string}` }[keyof Contracts & string];

export type SignalData<N extends SignalName> = N extends keyof PlatformSignals
  ? PlatformSignals[N]
  : N extends `${infer S extends keyof Contracts & string}.${infer G}`
    ? G extends keyof SignalsOf<S>
      ? SignalsOf<S>[G] extends infer T extends TSchema
        ? TypeOf<T>
        : never
      : never
    : never;

import type { TSchema } from "typebox";
import type { Contracts, TypeOf } from "./types.ts";

/** Signals of the platform itself. Each domain declares its own in its contract, as `signals`. */
export interface PlatformSignals {
  /** Rows were committed to a service's outbox. */
  "outbox.committed": { service: string };
  /**
   * Cached answers of the edge are stale: those that show one of these skus, or whatever else the contract of
   * an action names, as fingerprints (see `skuFingerprint`); or all answers.
   */
  "edge.invalidate": { skus?: number[] };
}

type SignalsOf<S extends keyof Contracts> = Contracts[S] extends { signals: infer G } ? G : never;

/**
 * The names of all signals: `"orders.changed" | …`. A signal is a plain Moleculer broadcast to every node and may be lost,
 * so its receivers also poll slowly, or keep data for a short time only.
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

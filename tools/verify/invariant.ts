import type { ServiceDatabases } from "./databases.ts";

/** A statement that is true in a healthy shop. */
export interface Invariant {
  name: string;
  says: string;
  /** A violation is worth knowing, but it is not a fault of the shop. */
  advisory?: true;
}

/** A row that seems to violate an invariant. One look cannot tell: services commit one after the other. */
export interface Suspect {
  id: string;
  wrong: string;
}

/** One page of rows that were checked for one invariant. */
export interface Look {
  invariant: string;
  checked: number;
  suspects: readonly Suspect[];
}

/** Checks one invariant, or several that read the same rows. */
export interface Inspection {
  invariants: readonly Invariant[];
  /** The services whose databases it reads. Without one of them it cannot be checked. */
  reads: readonly string[];
  /** The shop may run without these services; then the invariant does not apply. */
  optional?: true;
  /**
   * @param ids what seemed wrong at the first look; absent: check everything. An implementation may ignore `ids` when
   * checking everything costs the same.
   */
  look(databases: ServiceDatabases, ids?: readonly string[]): AsyncIterable<Look>;
}

/** The result for one invariant. */
export interface Finding {
  invariant: string;
  says: string;
  outcome: "holds" | "violated" | "notice" | "unchecked";
  /** How many rows, or groups of rows, were checked. */
  checked: number;
  /** How many of them break the invariant: at both looks, in the same way. */
  violations: number;
  examples: readonly Suspect[];
  /** Why it could not be checked, or does not apply. */
  why?: string;
}

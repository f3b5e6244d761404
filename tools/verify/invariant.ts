import type { Books } from "./books.ts";

/** Something that must be so in a healthy shop. */
export interface Invariant {
  name: string;
  says: string;
  /** What breaks it is worth knowing, and no fault of the shop. */
  advisory?: true;
}

/** What breaks a invariant, as far as one look can tell. */
export interface Suspect {
  id: string;
  wrong: string;
}

/** A page of what was looked at for one invariant. */
export interface Look {
  invariant: string;
  checked: number;
  suspects: readonly Suspect[];
}

/** Looks at the shop for one invariant, or for several that read the same rows. */
export interface Inspection {
  invariants: readonly Invariant[];
  /** Services without whose databases there is nothing to look at. */
  reads: readonly string[];
  /** The shop may do without those services, and then the invariant with them. */
  optional?: true;
  /**
   * @param ids of what looked wrong at the first look; absent: everything. A look that costs the same for all may look
   * at all
   */
  look(books: Books, ids?: readonly string[]): AsyncIterable<Look>;
}

/** What became of one invariant. */
export interface Finding {
  invariant: string;
  says: string;
  outcome: "holds" | "violated" | "notice" | "unchecked";
  /** How many rows, or groups of rows, were looked at. */
  checked: number;
  /** How many of them break the invariant: at both looks, in the same way. */
  violations: number;
  examples: readonly Suspect[];
  /** Why there is less to say than there could be. */
  why?: string;
}

import type { Books } from "./books.ts";

/** Something that must be so in a healthy shop. */
export interface Law {
  name: string;
  says: string;
  /** What breaks it is worth knowing, and no fault of the shop. */
  advisory?: true;
}

/** What breaks a law, as far as one look can tell. */
export interface Suspect {
  id: string;
  wrong: string;
}

/** A page of what was looked at for one law. */
export interface Look {
  law: string;
  checked: number;
  suspects: readonly Suspect[];
}

/** Looks at the shop for one law, or for several that read the same rows. */
export interface Inspection {
  laws: readonly Law[];
  /** Services without whose databases there is nothing to look at. */
  reads: readonly string[];
  /** The shop may do without those services, and then the law with them. */
  optional?: true;
  /**
   * @param ids of what looked wrong at the first look; absent: everything. A look that costs the same for all may look
   * at all
   */
  look(books: Books, ids?: readonly string[]): AsyncIterable<Look>;
}

/** What became of one law. */
export interface Finding {
  law: string;
  says: string;
  outcome: "holds" | "violated" | "notice" | "unchecked";
  /** How many rows, or groups of rows, were looked at. */
  checked: number;
  /** How many of them break the law: at both looks, in the same way. */
  violations: number;
  examples: readonly Suspect[];
  /** Why there is less to say than there could be. */
  why?: string;
}

import type { Dispute } from "./charge.ts";

type Status = Dispute["status"];

/** What a reading of a dispute says that was not known before. */
export type DisputeNews = "opened" | "closed";

const isClosed = (status: Status) => status === "won" || status === "lost";

/**
 * The news of a reading, in the order in which they are published. A closed dispute stays as it is: banks do not decide
 * twice, so what says otherwise is an older reading that comes late.
 */
export function newsOf(known: Status | undefined, read: Status): readonly DisputeNews[] {
  if (known === undefined) return isClosed(read) ? ["opened", "closed"] : ["opened"];
  return !isClosed(known) && isClosed(read) ? ["closed"] : [];
}

/** The status after a reading. */
export function statusAfter(known: Status | undefined, read: Status): Status {
  return known !== undefined && isClosed(known) ? known : read;
}

/** What must hold at a gateway besides the invariants of `npm run verify`, which only looks at databases. */
export const OTHERS_SERVED = "gateway.others-served";

/** A realistic bug: one edit of one file of the shop. */
export interface Mutant {
  name: string;
  file: string;
  /** Occurs in the file exactly once. */
  find: string;
  replace: string;
  /** The fault that reveals it. */
  caughtBy: `F${number}`;
  /** A setting of FAILPOINT that reveals it reliably, on a node that runs the service. */
  failPoint?: string;
  /** Invariants of `npm run verify`, or `OTHERS_SERVED`, that it breaks, each by itself enough to catch it. */
  breaks: readonly string[];
  /** Why it may be written, and what it causes. */
  why: string;
}

/**
 * A file's source with the bug in it.
 * @throws Error when the snippet does not occur exactly once, because the code has changed
 */
export function mutated({ name, file, find, replace }: Mutant, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`The bug ${name} has ${parts.length - 1} places in ${file}; it needs one.`);
  return parts.join(replace);
}

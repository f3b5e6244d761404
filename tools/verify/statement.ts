import { SUSPECTS } from "./inquiry.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";

/**
 * A invariant over the rows of one service, as one statement: it sees one moment, so nothing can be half done in it.
 * @param count of what is looked at
 * @param wrong selects `id` and `wrong`, at most `$1` of them
 */
export function statement(
  invariant: Invariant,
  service: string,
  { count, wrong }: { count: string; wrong: string },
): Inspection {
  return {
    invariants: [invariant],
    reads: [service],
    async *look(books) {
      const book = await books.of(service);
      const [total] = await book.query<{ count: number }>(count);
      const suspects = await book.query<Suspect>(wrong, [SUSPECTS]);
      yield { invariant: invariant.name, checked: total?.count ?? 0, suspects };
    },
  };
}

import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import { SUSPECTS } from "./two-step-check.ts";

/**
 * An invariant over the rows of one service, as one statement: it sees one moment, so nothing can be half done in it.
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
    async *look(databases) {
      const database = await databases.of(service);
      const [total] = await database.query<{ count: number }>(count);
      const suspects = await database.query<Suspect>(wrong, [SUSPECTS]);
      yield { invariant: invariant.name, checked: total?.count ?? 0, suspects };
    },
  };
}

import type { Static } from "typebox";
import { columns } from "#lib/text-table.ts";
import type { BackboneState, LetterSummary } from "#mixins/service/event-admin.ts";

/** How the events of services are doing, for reading in a terminal. */
export function groupsTable(groups: readonly { group: string; state: Static<typeof BackboneState> | null }[]): string {
  return columns(
    ["group", "lag", "unsent for s", "dead letters", "alarms"],
    groups.map(({ group, state }) => [
      group,
      state === null ? "down" : (state.lag ?? "unknown"),
      state?.oldestUnsentSeconds.toFixed(1),
      state?.deadLetters,
      Object.entries(state?.alarms ?? {})
        .filter(([, count]) => count > 0)
        .map(([name, count]) => `${name}: ${count}`)
        .join(", "),
    ]),
  );
}

/** Dead letters, for reading in a terminal. */
export function lettersTable(group: string, letters: readonly Static<typeof LetterSummary>[]): string {
  return columns(
    ["group", "event", "type", "of", "attempts", "dead since", "error"],
    letters.map(({ eventId, eventType, key, attempts, deadAt, error }) => [
      group,
      eventId,
      eventType,
      key,
      attempts,
      deadAt,
      error,
    ]),
  );
}

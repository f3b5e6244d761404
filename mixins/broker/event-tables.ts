import type { Static } from "typebox";
import { columns } from "#lib/text-table.ts";
import type { BackboneState, DeadLetterSummary } from "#mixins/service/event-admin-contract.ts";

/** The state of the events of each group, as a table for a terminal. */
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

/** The dead letters of a group, as a table for a terminal. */
export function deadLettersTable(group: string, deadLetters: readonly Static<typeof DeadLetterSummary>[]): string {
  return columns(
    ["group", "event", "type", "of", "attempts", "dead since", "error"],
    deadLetters.map(({ eventId, eventType, key, attempts, deadAt, error }) => [
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

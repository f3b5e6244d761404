import type { EventEnvelope } from "../envelope.ts";

const culprits = new WeakMap<object, EventEnvelope>();

/** Notes at which event its consumer failed, so that nobody has to search for it among those applied with it. */
export function noteFailedEvent(error: unknown, event: EventEnvelope): void {
  if (typeof error === "object" && error !== null) culprits.set(error, event);
}

/** The event at which an error happened, where that is known. */
export function failedEventOf(error: unknown): EventEnvelope | undefined {
  return typeof error === "object" && error !== null ? culprits.get(error) : undefined;
}

import type { EventEnvelope } from "../envelope.ts";

const failedEvents = new WeakMap<object, EventEnvelope>();

/** Records for which event of a batch a consumer threw an error, so that the queue need not search for it. */
export function noteFailedEvent(error: unknown, event: EventEnvelope): void {
  if (typeof error === "object" && error !== null) failedEvents.set(error, event);
}

/** The event for which a consumer threw an error; undefined when that is not known. */
export function failedEventOf(error: unknown): EventEnvelope | undefined {
  return typeof error === "object" && error !== null ? failedEvents.get(error) : undefined;
}

import type { Cause } from "#lib/sql/cause.ts";

/** An event as it travels and as it is stored: a fact about one aggregate, with where it came from. */
export interface EventEnvelope<D = unknown> {
  /** `evt_…`, unique for ever: what consumers remember. */
  eventId: string;
  eventType: string;
  /** ISO 8601, when the fact was committed by its producer. */
  timestamp: string;
  /** Version of the data's schema. */
  version: string;
  data: D;
  topic: string;
  /** Id of the aggregate; events of one key are ordered. */
  key: string;
  /** 1, 2, 3 … for each (topic, key), without gaps. */
  sequence: number;
  /** The request or job everything began with. */
  correlationId: string;
  /** `eventId` or request that caused this event. */
  causationId: string;
  traceparent: string | null;
  /** `service@node`. */
  producer: string;
  /** Why the message is no event. It takes an event's place all the same, so that somebody sees it: `data.body` is what it said. */
  unreadable?: string;
}

/** Which of `partitions` an aggregate belongs to: FNV-1a over its key, the same on every node and topic. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash ^= key.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}

/** What an event that caused something says of itself to what it caused. */
export function causedBy(event: EventEnvelope): Cause {
  return { correlationId: event.correlationId, causationId: event.eventId, traceparent: event.traceparent };
}

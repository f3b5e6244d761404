import type { Cause } from "#lib/sql/cause.ts";

/** An event as it is sent and stored: a fact about one aggregate, and its origin. */
export interface EventEnvelope<D = unknown> {
  /** `evt_…`, unique for ever; inboxes record it. */
  eventId: string;
  eventType: string;
  /** ISO 8601, when the producer's transaction wrote it. */
  timestamp: string;
  /** Version of the data's schema. */
  version: string;
  data: D;
  topic: string;
  /** Id of the aggregate; events of one key are ordered. */
  key: string;
  /** 1, 2, 3 … for each (topic, key), without gaps. */
  sequence: number;
  /** Id of the request or job with which the chain of events began. */
  correlationId: string;
  /** Id of the event or request that caused this event. */
  causationId: string;
  traceparent: string | null;
  /** `service@node`. */
  producer: string;
  /**
   * Set when a message could not be read as an event: the reason. The envelope then only stands for the message, so that
   * it becomes a dead letter; `data.body` is the text of the message.
   */
  unreadable?: string;
}

/** The partition of a key, from 0 to below `partitions`: its FNV-1a hash, the same on every node and topic. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash ^= key.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}

/** The cause of everything that follows from an event. */
export function causedBy(event: EventEnvelope): Cause {
  return { correlationId: event.correlationId, causationId: event.eventId, traceparent: event.traceparent };
}

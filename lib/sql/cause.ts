/** Where an event comes from: carried from a request or an event to all that follows from it. */
export interface Cause {
  correlationId: string;
  causationId: string;
  traceparent: string | null;
}

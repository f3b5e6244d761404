/** What caused an event. It is passed on from a request, or from an event, to everything that follows from it. */
export interface Cause {
  correlationId: string;
  causationId: string;
  traceparent: string | null;
}

import type { ServiceBroker } from "moleculer";
import type { ConsumerSpans } from "#lib/events/inbox/consumer-group.ts";
import { formatTraceparent, parseTraceparent } from "#lib/trace-context.ts";

/**
 * Spans for the events that a group applies, so that an order is one trace through all services. Each span continues the
 * trace of its event; what is published because of the event continues from the span.
 * @returns undefined when tracing is off: then it costs nothing
 */
export function consumerSpans(broker: ServiceBroker, service: string): ConsumerSpans | undefined {
  if (!broker.isTracingEnabled()) return undefined;
  return (events) => {
    const spans = events.map(({ eventType, eventId, key, traceparent }) => {
      const parent = parseTraceparent(traceparent);
      return broker.tracer.startSpan(`${service} on ${eventType}`, {
        type: "event",
        service,
        tags: { eventId, key },
        ...(parent ? { traceID: parent.traceID, parentID: parent.id, sampled: parent.sampled } : {}),
      });
    });
    return {
      events: events.map((event, i) => {
        const span = spans[i];
        return span ? { ...event, traceparent: formatTraceparent(span as never) } : event;
      }),
      finish(error) {
        for (const span of spans) {
          if (error instanceof Error) span.setError(error);
          span.finish();
        }
      },
    };
  };
}

import { headers, type JsMsg, type MsgHdrs } from "nats";
import type { EventEnvelope } from "./envelope.ts";

/** What of an event is the message's body; the rest travels in its headers. */
type Body = Pick<EventEnvelope, "eventId" | "eventType" | "timestamp" | "version" | "data">;

export function bodyOf({ eventId, eventType, timestamp, version, data }: EventEnvelope): string {
  return JSON.stringify({ eventId, eventType, timestamp, version, data } satisfies Body);
}

export function headersOf(event: EventEnvelope): MsgHdrs {
  const carried = headers();
  carried.set("Nats-Msg-Id", event.eventId); // the stream takes it once within its window
  carried.set("Tp-Key", encodeURIComponent(event.key)); // a header has no line breaks, nor spaces at its ends
  carried.set("Tp-Sequence", String(event.sequence));
  carried.set("Tp-Correlation-Id", event.correlationId);
  carried.set("Tp-Causation-Id", event.causationId);
  carried.set("Tp-Producer", event.producer);
  if (event.traceparent) carried.set("traceparent", event.traceparent);
  return carried;
}

/** @returns undefined for what nobody of ours wrote */
export function envelopeOf(message: JsMsg, topic: string): EventEnvelope | undefined {
  const header = (name: string) => message.headers?.get(name) ?? "";
  try {
    return {
      ...message.json<Body>(),
      topic,
      key: decodeURIComponent(header("Tp-Key")),
      sequence: Number(header("Tp-Sequence")),
      correlationId: header("Tp-Correlation-Id"),
      causationId: header("Tp-Causation-Id"),
      traceparent: header("traceparent") || null,
      producer: header("Tp-Producer"),
    };
  } catch {
    return undefined;
  }
}

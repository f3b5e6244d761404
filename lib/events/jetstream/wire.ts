import { headers, type JsMsg, type MsgHdrs } from "nats";
import { limits } from "#config/limits.ts";
import type { EventEnvelope } from "../envelope.ts";

const NANOS_PER_MS = 1_000_000;
const EVENT_ID = /^[!-~]{1,100}$/;

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

/**
 * The event in a message, or what stands for a message that is none. It has the same id however often it is delivered, so
 * that it is put aside once: its place in the stream, and its time, since a stream made anew counts from one again.
 */
export function envelopeOf(message: JsMsg, topic: string): EventEnvelope {
  try {
    return read(message, topic);
  } catch (error) {
    const { info, seq, subject } = message;
    const id = `raw_${info.stream}_${seq}_${info.timestampNanos}`;
    return {
      eventId: id,
      eventType: typeOf(subject),
      timestamp: new Date(info.timestampNanos / NANOS_PER_MS).toISOString(),
      version: "",
      data: { body: textOf(message), headers: headerLines(message.headers) },
      topic,
      key: id, // nobody waits behind it
      sequence: seq,
      correlationId: id,
      causationId: id,
      traceparent: null,
      producer: "unknown",
      unreadable: (error as Error).message,
    };
  }
}

/** What the subject says the event is: the last of its tokens. */
export function typeOf(subject: string): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}

/** @throws Error saying what is wrong with the message */
function read(message: JsMsg, topic: string): EventEnvelope {
  const header = (name: string) => {
    const value = message.headers?.get(name);
    if (!value) throw new Error(`The header ${name} is missing.`);
    return value;
  };
  const body = message.json<Body | null>();
  if (typeof body !== "object" || body === null) throw new Error("The body is no event.");
  const { eventId, eventType, timestamp, version, data } = body;
  if (typeof eventId !== "string" || !EVENT_ID.test(eventId)) throw new Error("The body has no event id.");
  if (eventType !== typeOf(message.subject)) throw new Error("The body is of another type than the subject.");
  if (typeof timestamp !== "string" || typeof version !== "string") throw new Error("The body is no event.");
  const sequence = Number(header("Tp-Sequence"));
  if (!Number.isSafeInteger(sequence)) throw new Error("The header Tp-Sequence is no number.");
  return {
    eventId,
    eventType,
    timestamp,
    version,
    data,
    topic,
    key: decodeURIComponent(header("Tp-Key")),
    sequence,
    correlationId: header("Tp-Correlation-Id"),
    causationId: header("Tp-Causation-Id"),
    traceparent: message.headers?.get("traceparent") || null,
    producer: header("Tp-Producer"),
  };
}

function textOf(message: JsMsg): string {
  return Buffer.from(message.data).toString("utf8").slice(0, limits.DEAD_LETTER_BODY_CHARS); // never fails
}

function headerLines(carried: MsgHdrs | undefined): string[] {
  return (carried?.keys() ?? []).map((name) =>
    `${name}: ${carried?.get(name)}`.slice(0, limits.DEAD_LETTER_HEADER_CHARS),
  );
}

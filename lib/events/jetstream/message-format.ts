import { headers, type JsMsg, type MsgHdrs } from "nats";
import { limits } from "#config/limits.ts";
import type { EventEnvelope } from "../envelope.ts";

const NANOS_PER_MS = 1_000_000;
const EVENT_ID = /^[!-~]{1,100}$/;

/** The part of an event that is the message's body; the rest is in its headers. */
type Body = Pick<EventEnvelope, "eventId" | "eventType" | "timestamp" | "version" | "data">;

export function bodyOf({ eventId, eventType, timestamp, version, data }: EventEnvelope): string {
  return JSON.stringify({ eventId, eventType, timestamp, version, data } satisfies Body);
}

export function headersOf(event: EventEnvelope): MsgHdrs {
  const result = headers();
  result.set("Nats-Msg-Id", event.eventId); // within its duplicate window, the stream stores an id once
  result.set("Tp-Key", encodeURIComponent(event.key)); // a header cannot hold line breaks, or spaces at its ends
  result.set("Tp-Sequence", String(event.sequence));
  result.set("Tp-Correlation-Id", event.correlationId);
  result.set("Tp-Causation-Id", event.causationId);
  result.set("Tp-Producer", event.producer);
  if (event.traceparent) result.set("traceparent", event.traceparent);
  return result;
}

/**
 * The event in a message. For a message that is no event, an envelope with `unreadable` stands for it. Its id is the same
 * at each delivery, so that it becomes one dead letter. The id contains the time of the message besides its sequence,
 * because a stream that was made again counts from 1 again.
 */
export function envelopeOf(message: JsMsg, topic: string): EventEnvelope {
  try {
    return parse(message, topic);
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
      key: id, // no other event has this key, so none is blocked by it
      sequence: seq,
      correlationId: id,
      causationId: id,
      traceparent: null,
      producer: "unknown",
      unreadable: (error as Error).message,
    };
  }
}

/** The event type in a subject: its last token. */
export function typeOf(subject: string): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}

/** @throws Error that says what is wrong with the message */
function parse(message: JsMsg, topic: string): EventEnvelope {
  const header = (name: string) => {
    const value = message.headers?.get(name);
    if (!value) throw new Error(`The header ${name} is missing.`);
    return value;
  };
  const body = message.json<Body | null>();
  if (typeof body !== "object" || body === null) throw new Error("The body is not an event.");
  const { eventId, eventType, timestamp, version, data } = body;
  if (typeof eventId !== "string" || !EVENT_ID.test(eventId)) throw new Error("The body has no event id.");
  if (eventType !== typeOf(message.subject))
    throw new Error("The event type of the body differs from that of the subject.");
  if (typeof timestamp !== "string" || typeof version !== "string") throw new Error("The body is not an event.");
  const sequence = Number(header("Tp-Sequence"));
  if (!Number.isSafeInteger(sequence)) throw new Error("The header Tp-Sequence is not a whole number.");
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
  return Buffer.from(message.data).toString("utf8").slice(0, limits.DEAD_LETTER_BODY_CHARS); // accepts any bytes
}

function headerLines(headersOfMessage: MsgHdrs | undefined): string[] {
  return (headersOfMessage?.keys() ?? []).map((name) =>
    `${name}: ${headersOfMessage?.get(name)}`.slice(0, limits.DEAD_LETTER_HEADER_CHARS),
  );
}

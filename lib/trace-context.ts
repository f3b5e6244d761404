import { createHash } from "node:crypto";

/** A span as others refer to it. Ids are lower-case hexadecimal: 32 digits of the trace, 16 of the span. */
export interface SpanReference {
  traceID: string;
  id: string;
  sampled: boolean;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1; // the only flag that version 00 defines
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

/**
 * Reads a `traceparent` as W3C Trace Context defines it (https://www.w3.org/TR/trace-context/).
 * @returns undefined when there is none, or when it is not valid
 */
export function parseTraceparent(text: string | null | undefined): SpanReference | undefined {
  const [, traceID, id, flags] = TRACEPARENT.exec(text ?? "") ?? [];
  if (!traceID || !id || /^0+$/.test(traceID) || /^0+$/.test(id)) return undefined;
  return { traceID, id, sampled: (Number.parseInt(flags ?? "", 16) & SAMPLED) === SAMPLED };
}

/** Writes a `traceparent`. Longer ids, such as UUIDs, are shortened the way Moleculer's exporters shorten them. */
export function formatTraceparent({ traceID, id, sampled }: SpanReference): string {
  const span = id.replaceAll("-", "").slice(0, SPAN_DIGITS);
  return `00-${traceIdOf(traceID)}-${span}-${sampled ? "01" : "00"}`;
}

/** A trace id for a request id: the same one where it has the form already, otherwise one derived from it. */
export function traceIdOf(requestId: string): string {
  const plain = requestId.replaceAll("-", "").toLowerCase();
  if (/^[0-9a-f]{32}$/.test(plain) && !/^0+$/.test(plain)) return plain;
  return createHash("sha256").update(requestId).digest("hex").slice(0, TRACE_DIGITS);
}

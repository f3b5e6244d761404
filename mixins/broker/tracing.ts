import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { BrokerOptions, CallingOptions, Middleware, ServiceBroker } from "moleculer";
import type { Env } from "#config/env.ts";
import { parseTraceparent, traceIdOf } from "#lib/trace-context.ts";

const ID_BYTES = 16; // of a trace; exporters take the first half of them as the id of a span

/**
 * Moleculer's tracing, where `TRACE_COLLECTOR` asks for it: in the log (`console`), or sent to a Zipkin-compatible collector
 * (Zipkin, Jaeger, Tempo, OpenTelemetry's) at a URL. Parameters are not exported: they hold passwords and addresses.
 * The variable cannot be `TRACING`: moleculer-runner overwrites the broker option `tracing` with a variable of that name.
 */
export function tracingOptions({ TRACE_COLLECTOR }: Env): Pick<BrokerOptions, "tracing" | "uidGenerator"> {
  if (!TRACE_COLLECTOR) return { tracing: false };
  const exporter =
    TRACE_COLLECTOR === "console"
      ? { type: "Console" }
      : { type: "Zipkin", options: { baseURL: TRACE_COLLECTOR.replace(/\/$/, "") } };
  return {
    tracing: { enabled: true, exporter, tags: { action: { params: false } } } as BrokerOptions["tracing"],
    // Ids without dashes, so that they are the same in a `traceparent` and in the exporter.
    uidGenerator: () => randomBytes(ID_BYTES).toString("hex"),
  };
}

type Call = (action: string, params: unknown, options?: Options) => Promise<unknown>;
type Options = CallingOptions & { meta?: { traceparent?: string } };

/** Has a call continue the trace of its cause: of a client's request, or of the event that a consumer works for. */
export const continueTrace = {
  name: "ContinueTrace",
  call(next: Call): Call {
    return (action, params, options = {}) => {
      const parentSpan = parseTraceparent(options.meta?.traceparent);
      return next(action, params, parentSpan ? ({ ...options, parentSpan } as Options) : options);
    };
  },
} as unknown as Middleware; // Moleculer's types take `call` for the promise of a call

/**
 * For moleculer-web's `rootCallOptions`: a request continues the trace of its client. Otherwise its request id, which
 * clients may choose, becomes the trace's id in the form that collectors accept.
 */
export function continueClientTrace(
  this: { broker: ServiceBroker },
  options: CallingOptions,
  { headers }: IncomingMessage,
): void {
  if (!this.broker.isTracingEnabled()) return;
  const parentSpan = parseTraceparent(typeof headers.traceparent === "string" ? headers.traceparent : undefined);
  if (parentSpan) Object.assign(options, { parentSpan });
  else if (options.requestID) options.requestID = traceIdOf(options.requestID);
}

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { BrokerOptions, CallingOptions, Context, Middleware } from "moleculer";
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

/** How Moleculer begins a call: a call that continues another one has its context. */
type Call = (action: string, params: unknown, options?: Options) => Promise<unknown>;
type Options = CallingOptions & { ctx?: Context; meta?: { traceparent?: string } };

/**
 * Continues a trace where a call has no parent in this process: a request of a client with a `traceparent`, or a call
 * that a consumer makes because of an event.
 */
export const continueTrace = {
  name: "ContinueTrace",
  call(next: Call): Call {
    return (action, params, options = {}) => {
      if (options.ctx || options.parentCtx || options.parentSpan) return next(action, params, options);
      const given = options.meta?.traceparent ?? requestOf(params)?.headers.traceparent;
      const parentSpan = parseTraceparent(typeof given === "string" ? given : undefined);
      if (parentSpan) return next(action, params, { ...options, parentSpan } as Options);
      if (!options.requestID) return next(action, params, options);
      return next(action, params, { ...options, requestID: traceIdOf(options.requestID) });
    };
  },
} as unknown as Middleware; // Moleculer's types take `call` for the promise of a call

/** The HTTP request that moleculer-web passes to its action `rest`. */
function requestOf(params: unknown): IncomingMessage | undefined {
  return (params as { req?: IncomingMessage } | null | undefined)?.req;
}

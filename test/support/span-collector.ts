import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const SHOWN_DIGITS = 16; // of a trace id, in Moleculer's Zipkin exporter

/** A span in Zipkin's JSON format, version 2. */
export interface Span {
  traceId: string;
  id: string;
  parentId?: string;
  name: string;
}

/** A collector that accepts spans as Zipkin does, and keeps them. */
export interface SpanCollector {
  url: string;
  spans: readonly Span[];
  /** The spans of one trace, given by its 32 digits. */
  ofTrace(traceId: string): Span[];
  stop(): Promise<void>;
}

export async function startSpanCollector(): Promise<SpanCollector> {
  const spans: Span[] = [];
  const server = createServer(async (req, res) => {
    let text = "";
    for await (const chunk of req) text += chunk;
    spans.push(...(JSON.parse(text) as Span[]));
    res.writeHead(202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    ofTrace: (wanted) => spans.filter(({ traceId }) => traceId === wanted.slice(0, SHOWN_DIGITS)),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

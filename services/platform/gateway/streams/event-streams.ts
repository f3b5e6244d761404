import type { ServerResponse } from "node:http";
import { DomainError } from "#lib/contract/errors.ts";
import type { StreamContract } from "#lib/contract/types.ts";
import { ChangeNotifier, type Subscription } from "#lib/wait-for-change.ts";
import { gatewayLimits } from "../domain/limits.ts";
import type { Edge, GatewayRequest } from "../rest/edge.ts";
import { sendProblem } from "../rest/problem.ts";
import { readParams } from "../rest/read-params.ts";
import { clientAddress, declaredHeaders, requestIdOf } from "../rest/request-headers.ts";
import type { DeclaredStream } from "./declared-streams.ts";

type Item = Readonly<Record<string, unknown>>;

/**
 * Serves the streams that contracts declare, as server-sent events: the items that exist, and new ones until the last
 * item is final, the client disconnects, or `STREAM_SECONDS` have passed. A client that reconnects with `Last-Event-ID`
 * gets the items after that one.
 */
export class EventStreams {
  readonly #edge: () => Edge;
  readonly #streams: readonly DeclaredStream[];
  readonly #changes = new ChangeNotifier({
    maxWaiters: gatewayLimits.STREAMS_OPEN,
    pollMs: gatewayLimits.STREAM_POLL_MS,
  });

  constructor(edge: () => Edge, streams: readonly DeclaredStream[]) {
    this.#edge = edge;
    this.#streams = streams;
  }

  /** A signal has arrived: the streams that depend on it and have its values in their path read again. */
  notify(signal: string, payload: Item): void {
    for (const declared of this.#streams) {
      if (declared.stream.signal === signal) this.#changes.notify(keyOf(declared, payload));
    }
  }

  /** Ends all streams and refuses new ones. Clients reconnect to another gateway. */
  close(): void {
    this.#changes.close();
  }

  async serve(declared: DeclaredStream, req: GatewayRequest, res: ServerResponse): Promise<void> {
    const requestId = requestIdOf(req);
    let subscription: Subscription | undefined;
    try {
      const { action, spec, stream } = declared;
      const { verifier, trustProxy } = this.#edge();
      const caller = () => verifier.identify(req.headers.authorization);
      const auth = await caller();
      const params = await readParams(req, spec, req.$params.params ?? {}, new URLSearchParams());
      const meta = {
        ...declaredHeaders(req, spec),
        auth,
        address: clientAddress(req, trustProxy),
        correlationId: requestId,
      };
      // The caller is identified at each read, so that a stream ends when its token expires or its session ends.
      const read = async () => {
        meta.auth = await caller();
        const result = await req.$ctx.call<Record<string, Item[]>, object>(action, params, { meta });
        return result[stream.items] ?? [];
      };
      subscription = this.#subscribe(keyOf(declared, params), res);
      const items = await read(); // before the headers, because a failure is sent as a problem
      void this.#edge().beginWaiting(res);
      res.writeHead(200, {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
      });
      await follow(stream, res, subscription, items, read, Number(req.headers["last-event-id"] ?? 0) || 0);
      res.end();
    } catch (error) {
      if (res.headersSent) res.end();
      else sendProblem(req, res, error, requestId);
    } finally {
      subscription?.end();
    }
  }

  /** @throws DomainError SERVICE_UNAVAILABLE when too many streams are open, or the gateway is about to stop */
  #subscribe(key: string, res: ServerResponse): Subscription {
    const subscription = this.#changes.subscribe(key, gatewayLimits.STREAM_SECONDS * 1_000);
    if (!subscription) throw new DomainError("SERVICE_UNAVAILABLE", "No further stream can be opened here.");
    if (res.closed) subscription.end();
    else res.once("close", () => subscription.end());
    return subscription;
  }
}

/** Sends items, waits for a change, reads again, until the stream ends. */
async function follow(
  stream: StreamContract,
  res: ServerResponse,
  changes: Subscription,
  existing: readonly Item[],
  read: () => Promise<readonly Item[]>,
  lastEventId: number,
): Promise<void> {
  let lastSent = lastEventId;
  for (let items = existing; ; items = await read()) {
    for (const item of itemsAfter(stream, items, lastSent)) {
      res.write(serverSentEvent(stream, item));
      lastSent = Number(item[stream.id]);
    }
    if (isFinal(stream, items) || !(await changes.next())) return;
  }
}

function itemsAfter({ id }: StreamContract, items: readonly Item[], lastEventId: number): Item[] {
  return items.filter((item) => Number(item[id]) > lastEventId);
}

/** Whether no item can follow these. */
function isFinal({ until }: StreamContract, items: readonly Item[]): boolean {
  const last = items.at(-1);
  return last !== undefined && until.values.includes(String(last[until.property]));
}

/** One item as a server-sent event, as it is sent. */
export function serverSentEvent({ id, event }: StreamContract, item: Item): string {
  return `id: ${item[id]}\nevent: ${item[event]}\ndata: ${JSON.stringify(item)}\n\n`;
}

function keyOf({ action, pathParams }: DeclaredStream, values: Item): string {
  return JSON.stringify([action, ...pathParams.map((param) => values[param])]);
}

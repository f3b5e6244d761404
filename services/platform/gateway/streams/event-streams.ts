import type { ServerResponse } from "node:http";
import { DomainError } from "#lib/contract/errors.ts";
import type { StreamContract } from "#lib/contract/types.ts";
import { ChangeNotifier, type Subscription } from "#lib/wait-for-change.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { callerOf } from "../rest/caller.ts";
import type { Edge, GatewayRequest } from "../rest/edge.ts";
import { sendProblem } from "../rest/problem.ts";
import { readParams } from "../rest/read-params.ts";
import { declaredHeaders, requestIdOf } from "../rest/request-headers.ts";
import type { DeclaredStream } from "./declared-streams.ts";
import { EventWriter, type EventWriterBounds } from "./event-writer.ts";
import { type OpenStreamBounds, OpenStreams } from "./open-streams.ts";

type Item = Readonly<Record<string, unknown>>;
type StreamBounds = OpenStreamBounds & EventWriterBounds;

/**
 * Serves the streams that contracts declare, as server-sent events: the items that exist, and new ones until the last
 * item is final, the client disconnects, or `STREAM_SECONDS` have passed. A client that reconnects with `Last-Event-ID`
 * gets the items after that one. When it has had the final item already the answer is 204, after which browsers do not
 * reconnect again.
 */
export class EventStreams {
  readonly #edge: () => Edge;
  readonly #streams: readonly DeclaredStream[];
  readonly #changes = new ChangeNotifier({
    maxWaiters: gatewayLimits.STREAMS_OPEN,
    pollMs: gatewayLimits.STREAM_POLL_MS,
  });

  readonly #open: OpenStreams;
  readonly #bounds: StreamBounds;

  constructor(edge: () => Edge, streams: readonly DeclaredStream[], bounds: StreamBounds = gatewayLimits) {
    this.#edge = edge;
    this.#streams = streams;
    this.#bounds = bounds;
    this.#open = new OpenStreams(bounds);
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
    let remove: (() => void) | undefined;
    try {
      const { action, spec, stream } = declared;
      const caller = callerOf(req, spec);
      remove = this.#open.add(caller);
      const params = await readParams(req, spec, req.$params.params ?? {}, new URLSearchParams());
      const meta = {
        ...declaredHeaders(req, spec),
        auth: caller.auth,
        address: caller.address,
        correlationId: requestId,
      };
      // The caller is identified at each read, so that a stream ends when its token expires or its session ends.
      const read = async () => {
        meta.auth = await this.#edge().verifier.identify(req.headers.authorization);
        const result = await req.$ctx.call<Record<string, Item[]>, object>(action, params, { meta });
        return result[stream.items] ?? [];
      };
      subscription = this.#subscribe(keyOf(declared, params), res);
      const items = await read(); // before the headers, because a failure is sent as a problem
      const lastEventId = lastEventIdOf(req);
      if (lastEventId > 0 && isFinal(stream, items) && itemsAfter(stream, items, lastEventId).length === 0) {
        res.writeHead(204).end();
        return;
      }
      res.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" });
      res.flushHeaders(); // otherwise they would wait for the first item
      if (req.method === "HEAD") return void res.end();
      void this.#edge().beginWaiting(res);
      await this.#follow(stream, res, subscription, items, read, lastEventId);
    } catch (error) {
      if (res.headersSent) res.end();
      else sendProblem(req, res, error, requestId);
    } finally {
      subscription?.end();
      remove?.();
    }
  }

  /** Sends items, waits for a change, reads again, until the stream ends. */
  async #follow(
    stream: StreamContract,
    res: ServerResponse,
    changes: Subscription,
    existing: readonly Item[],
    read: () => Promise<readonly Item[]>,
    lastEventId: number,
  ): Promise<void> {
    const writer = new EventWriter(res, this.#bounds);
    let lastSent = lastEventId;
    try {
      for (let items = existing; ; items = await read()) {
        for (const item of itemsAfter(stream, items, lastSent)) {
          await writer.write(serverSentEvent(stream, item));
          lastSent = Number(item[stream.id]);
        }
        if (isFinal(stream, items) || !(await changes.next())) return;
      }
    } finally {
      writer.end();
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

/** The number of the last item that the client has; 0 without one, and for a text that is no number of an item. */
function lastEventIdOf(req: GatewayRequest): number {
  const text = String(req.headers["last-event-id"] ?? "");
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
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

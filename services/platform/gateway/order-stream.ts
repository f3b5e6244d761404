import type { ServerResponse } from "node:http";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { gatewayLimits } from "./limits.ts";
import { clientAddress, givenRequestId } from "./request.ts";
import { sendProblem } from "./response.ts";
import type { Edge, GatewayRequest } from "./rest.ts";

const POLL_MS = 2_000; // behind the signal, which may be lost
const FINAL = new Set(["delivered", "cancelled", "refunded"]);

/**
 * `GET /orders/:orderId/stream`: the steps of an order's timeline as server-sent events, those there are and those to
 * come, until the order is final, the client leaves or `STREAM_SECONDS` have passed. `Last-Event-ID` continues.
 */
export class OrderStreams {
  readonly #edge: () => Edge;
  readonly #open = new Map<string, Set<() => void>>();
  readonly #ends = new Set<() => void>();

  constructor(edge: () => Edge) {
    this.#edge = edge;
  }

  /** An order changed somewhere. */
  changed(orderId: string): void {
    for (const wake of this.#open.get(orderId) ?? []) wake();
  }

  closeAll(): void {
    for (const end of this.#ends) end();
  }

  async serve(req: GatewayRequest, res: ServerResponse): Promise<void> {
    const requestId = givenRequestId(req) ?? newId("request");
    res.setHeader("X-Request-Id", requestId);
    const orderId = String(req.$params.params?.orderId);
    try {
      const { verifier, trustProxy } = this.#edge();
      const auth = await verifier.identify(req.headers.authorization);
      if (this.#ends.size >= gatewayLimits.STREAMS_OPEN)
        throw new DomainError("SERVICE_UNAVAILABLE", "Too many open streams.");
      const meta = { auth, address: clientAddress(req, trustProxy), correlationId: requestId };
      const read = () => req.$ctx.call<CallResult<"orders.timeline">, object>("orders.timeline", { orderId }, { meta });
      const first = await read();
      void this.#edge().waits(res);
      res.writeHead(200, {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
      });
      await this.#follow(orderId, res, first, read, Number(req.headers["last-event-id"] ?? 0) || 0);
      res.end();
    } catch (error) {
      if (res.headersSent) res.end();
      else sendProblem(req, res, error, requestId);
    }
  }

  async #follow(
    orderId: string,
    res: ServerResponse,
    first: CallResult<"orders.timeline">,
    read: () => Promise<CallResult<"orders.timeline">>,
    after: number,
  ): Promise<void> {
    let wake = () => {};
    let ended = false;
    let sent = after;
    let pending = false;
    const poke = () => {
      pending = true;
      wake();
    };
    const end = () => {
      ended = true;
      wake();
    };
    const listeners = this.#open.get(orderId) ?? new Set();
    this.#open.set(orderId, listeners.add(poke));
    this.#ends.add(end);
    res.on("close", end);
    const deadline = setTimeout(end, gatewayLimits.STREAM_SECONDS * 1_000);
    const poll = setInterval(poke, POLL_MS);
    try {
      for (let timeline = first; ; timeline = await read()) {
        for (const step of timeline.steps.filter(({ version }) => version > sent)) {
          res.write(`id: ${step.version}\nevent: ${step.step}\ndata: ${JSON.stringify(step)}\n\n`);
          sent = step.version;
        }
        const status = timeline.steps.at(-1)?.toStatus;
        if (ended || (status && FINAL.has(status))) return;
        if (!pending) await new Promise<void>((resolve) => (wake = resolve));
        pending = false;
        if (ended) return;
      }
    } finally {
      clearTimeout(deadline);
      clearInterval(poll);
      this.#ends.delete(end);
      listeners.delete(poke);
      if (listeners.size === 0) this.#open.delete(orderId);
    }
  }
}

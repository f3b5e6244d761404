import type { ServerResponse } from "node:http";
import { gatewayLimits } from "../domain/limits.ts";

const HEARTBEAT = ": heartbeat\n\n"; // a comment, which clients ignore

/** How often a heartbeat is sent, and for how long a client may read nothing while there is something to read. */
export type EventWriterBounds = Record<"STREAM_HEARTBEAT_MS" | "STREAM_STALL_MS", number>;

/**
 * Writes server-sent events to one client, no faster than it reads: at most one event waits in memory besides what the
 * socket buffers. While there are no events a heartbeat shows the client, and proxies that end silent connections, that the
 * stream is alive.
 */
export class EventWriter {
  readonly #res: ServerResponse;
  readonly #stallMs: number;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(res: ServerResponse, { STREAM_HEARTBEAT_MS, STREAM_STALL_MS }: EventWriterBounds = gatewayLimits) {
    this.#res = res;
    this.#stallMs = STREAM_STALL_MS;
    this.#heartbeat = setInterval(() => this.#beat(), STREAM_HEARTBEAT_MS);
  }

  /** Resolves when the next event may be written. A client that reads nothing for too long is disconnected. */
  async write(event: string): Promise<void> {
    if (this.#res.closed || this.#res.write(event)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#res.destroy(), this.#stallMs);
    this.#res.once("drain", resolve).once("close", resolve);
    await promise;
    clearTimeout(timer);
    this.#res.off("drain", resolve).off("close", resolve);
  }

  /** Ends the response. */
  end(): void {
    this.stop();
    this.#res.end();
  }

  stop(): void {
    clearInterval(this.#heartbeat);
  }

  #beat(): void {
    if (!this.#res.writableNeedDrain) this.#res.write(HEARTBEAT);
  }
}

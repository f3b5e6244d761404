import type { IncomingMessage } from "node:http";
import { DomainError } from "#lib/contract/errors.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { type Holder, heaviest } from "./heaviest.ts";
import type { RefusalReason } from "./refusals.ts";

/** A body that has not arrived completely. */
interface ArrivingBody extends Holder {
  /** When it began to arrive. */
  began: number;
  /** When `ARRIVAL_WINDOW_BYTES` had last arrived, and how much there was by then. */
  since: number;
  arrived: number;
  refuse(error: DomainError): void;
}

export type BodyBounds = Record<
  "ARRIVAL_WINDOW_MS" | "ARRIVAL_WINDOW_BYTES" | "BODIES_BYTES" | "BODY_ARRIVAL_MS",
  number
>;

const AFTER_RELIEF = 0.9; // share of the memory that is taken afterwards, so that not every chunk needs another relief

/**
 * Reads the bodies of requests before these count as load. A body ends when it arrives too slowly, and the heaviest ones do
 * when the bodies of all requests take too much memory.
 */
export class RequestBodies {
  readonly #bounds: BodyBounds;
  readonly #onRefused: (reason: RefusalReason, address: string) => void;
  readonly #arriving = new Set<ArrivingBody>();
  #bytes = 0;

  constructor(onRefused: (reason: RefusalReason, address: string) => void, bounds: BodyBounds = gatewayLimits) {
    this.#onRefused = onRefused;
    this.#bounds = bounds;
  }

  /** Of bodies that arrive, and of those that are not released yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Reads a whole body. Its bytes count as taken until they are released.
   * @throws DomainError BODY_TOO_LARGE, BODY_TOO_SLOW, BAD_REQUEST when the client has gone away, or SERVICE_UNAVAILABLE
   */
  read(req: IncomingMessage, maxBytes: number, address: string): Promise<Buffer> {
    const tooLarge = () => new DomainError("BODY_TOO_LARGE", `At most ${maxBytes} bytes.`);
    if (Number(req.headers["content-length"] ?? 0) > maxBytes) {
      req.resume(); // otherwise the client would see a reset connection instead of the response
      return Promise.reject(tooLarge());
    }
    return new Promise((resolve, reject) => {
      const content = new GrowingBuffer();
      const refuse = (error: DomainError) => {
        if (!this.#arriving.delete(body)) return;
        this.release(body.bytes);
        reject(error);
      };
      const began = performance.now();
      const body: ArrivingBody = { address, bytes: 0, began, since: began, arrived: 0, refuse };
      this.#arriving.add(body);
      req.on("data", (chunk: Buffer) => {
        if (!this.#arriving.has(body)) return; // the rest of a refused body
        if (body.bytes + chunk.length > maxBytes) return refuse(tooLarge());
        content.append(chunk);
        body.bytes += chunk.length;
        this.#bytes += chunk.length;
        if (this.#bytes > this.#bounds.BODIES_BYTES) this.#relieve();
      });
      req.on("end", () => {
        if (this.#arriving.delete(body)) resolve(content.bytes());
      });
      req.on("close", () => refuse(new DomainError("BAD_REQUEST", "The body ended early.")));
      req.on("error", () => refuse(new DomainError("BAD_REQUEST", "The body ended early.")));
    });
  }

  /** The bytes of a body that was read are no longer needed. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Refuses the bodies that arrive too slowly. @param now milliseconds */
  sweep(now = performance.now()): void {
    const { ARRIVAL_WINDOW_MS, ARRIVAL_WINDOW_BYTES, BODY_ARRIVAL_MS } = this.#bounds;
    for (const body of this.#arriving) {
      const isLate = now - body.began >= BODY_ARRIVAL_MS;
      if (!isLate && body.bytes - body.arrived >= ARRIVAL_WINDOW_BYTES) {
        body.since = now;
        body.arrived = body.bytes;
      } else if (isLate || now - body.since >= ARRIVAL_WINDOW_MS) {
        this.#onRefused("body_slow", body.address);
        body.refuse(new DomainError("BODY_TOO_SLOW"));
      }
    }
  }

  #relieve(): void {
    const excess = this.#bytes - this.#bounds.BODIES_BYTES * AFTER_RELIEF;
    for (const body of heaviest(this.#arriving, excess)) {
      this.#onRefused("bodies_full", body.address);
      body.refuse(new DomainError("SERVICE_UNAVAILABLE", "The shop is busy."));
    }
  }
}

import type { ServerResponse } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { gatewayLimits } from "../domain/limits.ts";
import { AdaptiveConcurrencyLimiter } from "./adaptive-concurrency-limiter.ts";
import { AdmissionQueue } from "./admission-queue.ts";
import type { GatewayResponse } from "./gateway-response.ts";

const RESOLUTION_MS = 10;
const PERCENTILE = 90; // the highest delays are pauses of the garbage collector, which are no load
const NANOS_PER_MS = 1e6;

/** Decides which requests are processed, measures them, and adjusts the concurrency limit until `stop` is called. */
export class LoadShedder {
  readonly #queue = new AdmissionQueue(new AdaptiveConcurrencyLimiter());
  readonly #releases = new WeakMap<ServerResponse, () => void>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    this.#timer = setInterval(() => {
      this.#queue.adjust(Math.max(0, delay.percentile(PERCENTILE) / NANOS_PER_MS - RESOLUTION_MS));
      delay.reset();
    }, gatewayLimits.CONCURRENCY_ADJUSTMENT_MS).unref();
  }

  /** Whether a request that arrives now would be refused at once, however long its body takes. */
  refuses(): boolean {
    return this.#queue.refuses();
  }

  /**
   * To be called when the whole request has arrived.
   * @returns whether it is processed; if it is, it counts as load until it is processed or released. A client that
   * disconnects does not end that, because its request is processed all the same.
   */
  async admit(res: GatewayResponse): Promise<boolean> {
    const admitted = await this.#queue.acquire(() => res.closed);
    if (admitted) this.#measure(res);
    return admitted;
  }

  /** @returns whether a request is processed that must not take a place of others */
  admitSpare(res: GatewayResponse): boolean {
    const admitted = this.#queue.acquireSpare();
    if (admitted) this.#measure(res);
    return admitted;
  }

  /** For a request that from now on only waits: it is no longer counted as load, and its latency stops here. */
  release(res: ServerResponse): void {
    this.#releases.get(res)?.();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #measure(res: GatewayResponse): void {
    const startedAt = performance.now();
    const release = () => {
      if (!this.#releases.delete(res)) return;
      this.#queue.release(res.statusCode < 500 ? performance.now() - startedAt : undefined);
    };
    this.#releases.set(res, release);
    res.onceProcessed(release);
  }
}

import type { EventEnvelope } from "../envelope.ts";
import type { EventTransport, Group, StreamIdentity } from "./transport.ts";

/**
 * Events within one process: each goes directly into the queue of every group that consumes it, and counts as published
 * when all of them have settled it. Until then the relay's position stays before it, so it is delivered again after a crash.
 */
export class EmbeddedTransport implements EventTransport {
  readonly oneInFlightPerKey = false; // a queue keeps the order in which events are pushed
  readonly retainsEvents = false;
  #groups: readonly Group[] = [];
  /** Rejects what is being published. */
  readonly #publishing = new Set<(error: Error) => void>();

  async start(groups: readonly Group[]): Promise<void> {
    this.#groups = groups;
  }

  /** A process cannot lose a sent event: what its groups have not settled is not sent. */
  async open(): Promise<StreamIdentity> {
    return { id: "in process", intact: true };
  }

  async publish(event: EventEnvelope): Promise<void> {
    const consuming = this.#groups.filter(({ topics }) => topics.get(event.topic)?.has(event.eventType));
    if (consuming.length === 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#publishing.add(reject);
    let unsettled = consuming.length;
    const settle = () => {
      unsettled -= 1;
      if (unsettled > 0) return;
      this.#publishing.delete(reject);
      resolve();
    };
    for (const { queue } of consuming) queue.push({ event, settle });
    return promise;
  }

  /** The relays are paused meanwhile, so no delivery has to be dropped. */
  async refreshPosition(group: Group): Promise<void> {
    group.position = await group.readPosition();
  }

  async lag({ queue }: Group): Promise<number> {
    return queue.size;
  }

  async stop(): Promise<void> {
    for (const reject of this.#publishing) reject(new Error("This node stops."));
    this.#publishing.clear();
  }
}

import type { EventEnvelope } from "../envelope.ts";
import type { EventTransport, Group, Place } from "./transport.ts";

/**
 * Events within one process: each goes straight into the queue of every group that wants it, and counts as sent when
 * all of them have settled it. Until then its outbox row is unsent, so a crash delivers it again.
 */
export class EmbeddedTransport implements EventTransport {
  readonly onePerKey = false; // queues keep the order they are given
  readonly keeps = false;
  #groups: readonly Group[] = [];
  readonly #sending = new Set<(error: Error) => void>();

  async start(groups: readonly Group[]): Promise<void> {
    this.#groups = groups;
  }

  /** A process has nothing to lose: what it has not settled is unsent. */
  async open(): Promise<Place> {
    return { name: "in process", intact: true };
  }

  async send(event: EventEnvelope): Promise<void> {
    const wanting = this.#groups.filter(({ topics }) => topics.get(event.topic)?.has(event.eventType));
    if (wanting.length === 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#sending.add(reject);
    let unsettled = wanting.length;
    const settle = () => {
      unsettled -= 1;
      if (unsettled > 0) return;
      this.#sending.delete(reject);
      resolve();
    };
    for (const { queue } of wanting) queue.push({ event, settle });
    return promise;
  }

  /** The outboxes send again, and nothing was on its way. */
  async follow(group: Group): Promise<void> {
    group.position = await group.readPosition();
  }

  async lag({ queue }: Group): Promise<number> {
    return queue.size;
  }

  async stop(): Promise<void> {
    for (const fail of this.#sending) fail(new Error("This node stops."));
    this.#sending.clear();
  }
}

import type { EventEnvelope } from "./envelope.ts";
import type { EventTransport, Group } from "./transport.ts";

/**
 * Events within one process: each goes straight into the queue of every group that wants it, and counts as sent when
 * all of them have settled it. Until then its outbox row is unsent, so a crash delivers it again.
 */
export class EmbeddedTransport implements EventTransport {
  readonly onePerKey = false; // queues keep the order they are given
  #groups: readonly Group[] = [];

  async start(groups: readonly Group[]): Promise<void> {
    this.#groups = groups;
  }

  async send(event: EventEnvelope): Promise<void> {
    const wanting = this.#groups.filter(({ topics }) => topics.get(event.topic)?.has(event.eventType));
    await Promise.all(wanting.map(({ queue }) => new Promise<void>((settle) => queue.push({ event, settle }))));
  }

  async stop(): Promise<void> {
    this.#groups = [];
  }
}

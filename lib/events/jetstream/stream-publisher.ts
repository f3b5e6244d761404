import { limits } from "#config/limits.ts";
import { type EventEnvelope, partitionOf } from "../envelope.ts";
import type { EventPublisher, StreamIdentity } from "../transport/transport.ts";
import type { JetStreamConnection } from "./connection.ts";
import { bodyOf, headersOf } from "./message-format.ts";
import { ensureStream, type StreamOptions, streamOf } from "./streams.ts";

/** Publishes events to the streams of their topics, and notices when a stream has lost some. */
export class StreamPublisher implements EventPublisher {
  readonly oneInFlightPerKey = true;
  readonly #connection: JetStreamConnection;
  readonly #options: StreamOptions;
  /** Ids of the streams that were opened since the connection was made, by topic. */
  readonly #opened = new Map<string, string>();
  /** The highest sequence that each stream is known to have stored, by topic. */
  readonly #stored = new Map<string, number>();

  constructor(connection: JetStreamConnection, options: StreamOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Only relays call it, because a new stream has to get the whole history from the outbox. */
  async open(topic: string): Promise<StreamIdentity> {
    const session = await this.#connection.untilConnected();
    const before = this.#stored.get(topic) ?? 0; // other relays may publish while this call waits
    const { config, created, state } = await ensureStream(session.manager, topic, this.#options);
    const intact = state.last_seq >= before;
    this.#stored.set(topic, intact ? Math.max(state.last_seq, this.#stored.get(topic) ?? 0) : state.last_seq);
    const id = `${config.name} ${created}`;
    if (session === this.#connection.session) this.#opened.set(topic, id);
    return { id, intact };
  }

  async publish(event: EventEnvelope, streamId: string): Promise<void> {
    const { topic } = event;
    const { session } = this.#connection;
    if (!session || this.#opened.get(topic) !== streamId)
      throw new Error(`The stream of ${topic} has to be opened first.`);
    const before = this.#stored.get(topic) ?? 0;
    const { subject } = streamOf(this.#options.namespace, topic);
    const { seq, duplicate } = await this.#connection.whileConnected(
      session.client.publish(
        `${subject}.${partitionOf(event.key, limits.PARTITIONS)}.${event.eventType}`,
        bodyOf(event),
        { headers: headersOf(event) },
      ),
    );
    if (duplicate) return;
    if (seq <= before) {
      this.#opened.delete(topic);
      throw new Error(`The stream of ${topic} has lost events: after sequence ${before} it stored sequence ${seq}.`);
    }
    this.#stored.set(topic, Math.max(seq, this.#stored.get(topic) ?? 0));
  }

  /** Refuses every event until its stream is opened again. */
  closeStreams(): void {
    this.#opened.clear();
  }
}

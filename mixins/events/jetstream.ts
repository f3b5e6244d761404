import { type ConsumerMessages, connect, headers, type JetStreamClient, type JetStreamManager, type JsMsg, type NatsConnection, nanos } from "nats";
import { AckPolicy, DeliverPolicy, DiscardPolicy, RetentionPolicy, StorageType } from "nats";
import { limits } from "../../config/limits.ts";
import { type EventEnvelope, partitionOf } from "./envelope.ts";
import type { EventTransport, Group } from "./transport.ts";

interface Log {
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
}

export interface JetStreamOptions {
  url: string;
  /** First token of every subject, so that clusters can share a server. */
  namespace: string;
  replicas: number;
  /** Name of this node. */
  node: string;
  /** Which share of the partitions this node should own for a service: its place among the nodes that run it. */
  share(service: string): { index: number; of: number };
  log: Log;
}

const MILLIS_PER_DAY = 86_400_000;
const DEDUPE_WINDOW_MS = 120_000;

/**
 * Events between nodes, over NATS JetStream: a stream for each topic, a subject for each partition, a durable consumer
 * for each group and partition. A partition of a group is consumed by one node at a time, the holder of an advisory
 * lock in the group's own database, so that the events of one aggregate keep their order across nodes. The inbox covers
 * the moment of hand-over.
 */
export class JetStreamTransport implements EventTransport {
  readonly onePerKey = true;
  readonly #options: JetStreamOptions;
  #connection: NatsConnection | undefined;
  #client: JetStreamClient | undefined;
  #manager: JetStreamManager | undefined;
  #partitions: OwnedPartition[] = [];
  readonly #ensured = new Map<string, Promise<void>>();
  #rebalance: NodeJS.Timeout | undefined;

  constructor(options: JetStreamOptions) {
    this.#options = options;
  }

  async start(groups: readonly Group[], topics: readonly string[]): Promise<void> {
    const { url, node, share } = this.#options;
    this.#connection = await connect({ servers: url.split(","), name: `${node} events`, maxReconnectAttempts: -1, reconnectTimeWait: 250, waitOnFirstConnect: true });
    this.#client = this.#connection.jetstream({ timeout: limits.PUBLISH_TIMEOUT_MS });
    this.#manager = await this.#connection.jetstreamManager({ timeout: limits.PUBLISH_TIMEOUT_MS });
    const all = new Set([...topics, ...groups.flatMap((group) => [...group.topics.keys()])]);
    for (const topic of all) await this.#ensureStream(topic);
    this.#partitions = groups.flatMap((group) =>
      Array.from({ length: limits.PARTITIONS }, (_, partition) => new OwnedPartition(group, partition, this.#pulling())),
    );
    const rebalance = () => {
      for (const partition of this.#partitions) {
        const { index, of } = share(partition.group.name);
        partition.want(partition.number % of === index);
      }
    };
    rebalance();
    this.#rebalance = setInterval(rebalance, limits.REBALANCE_MS);
  }

  async send(event: EventEnvelope): Promise<void> {
    if (!this.#client || this.#connection?.isClosed()) throw new Error("NATS is not connected.");
    const carried = headers();
    carried.set("Nats-Msg-Id", event.eventId);
    for (const [name, value] of Object.entries(carriedFacts(event))) carried.set(name, value);
    const { eventId, eventType, timestamp, version, data } = event;
    const subject = `${this.#stream(event.topic).subject}.${partitionOf(event.key, limits.PARTITIONS)}.${eventType}`;
    try {
      await this.#client.publish(subject, JSON.stringify({ eventId, eventType, timestamp, version, data }), { headers: carried });
    } catch (error) {
      // A deleted stream answers nobody: it is made again before the next attempt.
      if (isNoResponders(error)) {
        this.#ensured.delete(event.topic);
        await this.#ensureStream(event.topic);
      }
      throw error;
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#rebalance);
    await Promise.all(this.#partitions.map((partition) => partition.release()));
    await this.#connection?.close();
  }

  #pulling(): Pulling {
    const { log } = this.#options;
    return {
      log,
      open: async (group, partition, topic) => {
        const { name, subject } = this.#stream(topic);
        await this.#ensureStream(topic);
        return this.#openConsumer(name, `${group.name}-${partition}`, `${subject}.${partition}.>`);
      },
    };
  }

  /**
   * The durable consumer of a partition, with nothing outstanding. Messages another owner took and did not acknowledge
   * would come back only after the acknowledgement wait, behind newer ones of the same aggregate; so the consumer is
   * made anew from the first of them.
   */
  async #openConsumer(stream: string, durable: string, filter: string): Promise<ConsumerMessages> {
    const manager = this.#manager as JetStreamManager;
    const config = {
      durable_name: durable,
      filter_subject: filter,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(limits.ACK_WAIT_MS),
      max_ack_pending: limits.GROUP_BATCH * 4,
    };
    const existing = await manager.consumers.info(stream, durable).catch(() => undefined);
    if (existing && existing.num_ack_pending > 0) {
      await manager.consumers.delete(stream, durable);
      await manager.consumers.add(stream, { ...config, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: existing.ack_floor.stream_seq + 1 });
    } else if (!existing) {
      await manager.consumers.add(stream, { ...config, deliver_policy: DeliverPolicy.All });
    }
    const consumer = await (this.#client as JetStreamClient).consumers.get(stream, durable);
    return consumer.consume({ max_messages: limits.GROUP_BATCH * 2 });
  }

  #stream(topic: string): { name: string; subject: string } {
    const { namespace } = this.#options;
    return { name: `${namespace}-${topic.replaceAll(".", "-")}`, subject: `${namespace}.${topic}` };
  }

  #ensureStream(topic: string): Promise<void> {
    let ensured = this.#ensured.get(topic);
    if (!ensured) {
      ensured = this.#addStream(topic);
      this.#ensured.set(topic, ensured);
      ensured.catch(() => this.#ensured.delete(topic));
    }
    return ensured;
  }

  async #addStream(topic: string): Promise<void> {
    const { name, subject } = this.#stream(topic);
    const config = {
      name,
      subjects: [`${subject}.>`],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      num_replicas: this.#options.replicas,
      max_age: nanos(limits.OUTBOX_RETENTION_DAYS * MILLIS_PER_DAY),
      duplicate_window: nanos(DEDUPE_WINDOW_MS),
    };
    try {
      await (this.#manager as JetStreamManager).streams.add(config);
    } catch (error) {
      const { num_replicas, max_age, duplicate_window, subjects } = config;
      // It exists with older settings: bring it up to date.
      if (!/already in use/.test(String(error))) throw error;
      await (this.#manager as JetStreamManager).streams.update(name, { num_replicas, max_age, duplicate_window, subjects });
    }
  }
}

interface Pulling {
  log: Log;
  open(group: Group, partition: number, topic: string): Promise<ConsumerMessages>;
}

/** One partition of one group: consumed here while its lock is held here. */
class OwnedPartition {
  readonly group: Group;
  readonly number: number;
  readonly #pulling: Pulling;
  #wanted = false;
  #messages: ConsumerMessages[] = [];
  /** Counts ownerships; a message of an earlier one is not acknowledged any more. */
  #epoch = 0;

  constructor(group: Group, partition: number, pulling: Pulling) {
    this.group = group;
    this.number = partition;
    this.#pulling = pulling;
  }

  /** Takes part in the race for this partition, or leaves it. */
  want(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (!wanted) void this.release();
    else this.group.locks.want(this.#lockName, { onAcquired: () => this.#begin(), onLost: () => void this.#end() });
  }

  async release(): Promise<void> {
    this.#wanted = false;
    await this.#end();
    await this.group.locks.release(this.#lockName);
  }

  get #lockName(): string {
    return `partition-${this.number}`;
  }

  #begin(): void {
    const epoch = ++this.#epoch;
    for (const topic of this.group.topics.keys()) void this.#pull(topic, epoch);
  }

  async #end(): Promise<void> {
    this.#epoch += 1;
    const messages = this.#messages;
    this.#messages = [];
    await Promise.all(messages.map((open) => open.close()));
  }

  /** Pulls one topic's partition until the ownership ends, through any failure of the stream or the connection. */
  async #pull(topic: string, epoch: number): Promise<void> {
    const wanted = this.group.topics.get(topic) ?? new Set();
    while (this.#epoch === epoch) {
      try {
        const messages = await this.#pulling.open(this.group, this.number, topic);
        if (this.#epoch !== epoch) return void (await messages.close());
        this.#messages.push(messages);
        for await (const message of messages) {
          if (this.#epoch !== epoch) break;
          this.#deliver(message, topic, wanted, epoch);
        }
      } catch (error) {
        this.#pulling.log.warn("A partition waits for its stream.", { group: this.group.name, topic, partition: this.number, reason: String(error) });
      }
      if (this.#epoch === epoch) await new Promise<void>((resolve) => setTimeout(resolve, limits.EVENT_OUTAGE_BACKOFF_MS));
    }
  }

  #deliver(message: JsMsg, topic: string, wanted: ReadonlySet<string>, epoch: number): void {
    const event = envelopeOf(message, topic);
    if (!event || !wanted.has(event.eventType)) return message.ack();
    this.group.queue.push({
      event,
      settle: () => {
        if (this.#epoch === epoch) message.ack();
      },
    });
  }
}

function carriedFacts(event: EventEnvelope): Record<string, string> {
  return {
    "Tp-Key": event.key,
    "Tp-Sequence": String(event.sequence),
    "Tp-Correlation-Id": event.correlationId,
    "Tp-Causation-Id": event.causationId,
    "Tp-Producer": event.producer,
    ...(event.traceparent ? { traceparent: event.traceparent } : {}),
  };
}

function envelopeOf(message: JsMsg, topic: string): EventEnvelope | undefined {
  const header = (name: string) => message.headers?.get(name) ?? "";
  try {
    const body = message.json<Pick<EventEnvelope, "eventId" | "eventType" | "timestamp" | "version" | "data">>();
    return {
      ...body,
      topic,
      key: header("Tp-Key"),
      sequence: Number(header("Tp-Sequence")),
      correlationId: header("Tp-Correlation-Id"),
      causationId: header("Tp-Causation-Id"),
      traceparent: header("traceparent") || null,
      producer: header("Tp-Producer"),
    };
  } catch {
    return undefined; // not JSON: nobody of ours wrote it
  }
}

function isNoResponders(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "503";
}

import { setTimeout as pause } from "node:timers/promises";
import {
  AckPolicy,
  type ConsumerMessages,
  connect,
  DeliverPolicy,
  DiscardPolicy,
  Events,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type NatsConnection,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from "nats";
import { limits } from "#config/limits.ts";
import type { Log } from "#lib/log.ts";
import { type EventEnvelope, partitionOf } from "../envelope.ts";
import type { EventTransport, Group, Place } from "../transport/transport.ts";
import { beginningOf, codeOf, durableOf, found } from "./durables.ts";
import { OwnedPartition, type Pulling } from "./partition.ts";
import { bodyOf, headersOf } from "./wire.ts";

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
const RECONNECT_MS = 250;
const STREAM_IN_USE = 10_058; // an error code of JetStream's API

/** A connection while it is up. When it is lost, everything that waits for it on the way fails. */
interface Link {
  client: JetStreamClient;
  manager: JetStreamManager;
}

/**
 * Events between nodes, over NATS JetStream: a stream for each topic, a subject for each partition, a durable consumer
 * for each group and partition. A partition of a group is consumed by one node at a time, the holder of an advisory
 * lock in the group's own database, so that the events of one aggregate keep their order across nodes. The inbox covers
 * the moment of hand-over.
 */
export class JetStreamTransport implements EventTransport {
  readonly onePerKey = true;
  readonly keeps = true;
  readonly #options: JetStreamOptions;
  #connection: NatsConnection | undefined;
  #link: Link | undefined;
  #up = Promise.withResolvers<Link>();
  #partitions: OwnedPartition[] = [];
  #following: Promise<void> | undefined;
  /** The streams that were looked at since the connection came up, by topic; nothing is sent to another. */
  readonly #opened = new Map<string, string>();
  /** The last stream sequence that is known to be stored, by topic. */
  readonly #stored = new Map<string, number>();
  /** What is being published, and how to end it should the connection be lost. */
  readonly #publishing = new Map<Promise<unknown>, (error: Error) => void>();
  #rebalance: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: JetStreamOptions) {
    this.#options = options;
    this.#up.promise.catch(() => undefined);
  }

  async start(groups: readonly Group[]): Promise<void> {
    const { url, node, share } = this.#options;
    const connection = await connect({
      servers: url.split(","),
      name: `${node} events`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      waitOnFirstConnect: true,
      ignoreAuthErrorAbort: true, // a server under repair may refuse for a while
      pingInterval: limits.NATS_PING_MS, // a host that lost its power does not say so
      timeout: limits.CONNECT_TIMEOUT_MS,
    });
    this.#connection = connection;
    const timeout = { timeout: limits.PUBLISH_TIMEOUT_MS };
    this.#link = {
      client: connection.jetstream(timeout),
      manager: await connection.jetstreamManager({ ...timeout, checkAPI: false }),
    };
    this.#up.resolve(this.#link);
    void this.#watch(connection, this.#link);
    this.#partitions = groups.flatMap((group) =>
      Array.from(
        { length: limits.PARTITIONS },
        (_, partition) => new OwnedPartition(group, partition, this.#pulling()),
      ),
    );
    const rebalance = () => {
      for (const partition of this.#partitions) {
        const { index, of } = share(partition.group.name);
        void partition.want(partition.number % of === index);
      }
    };
    rebalance();
    this.#rebalance = setInterval(() => {
      rebalance();
      this.#following ??= this.#followAll(groups).finally(() => {
        this.#following = undefined;
      });
    }, limits.REBALANCE_MS);
  }

  /** Whichever node rewound a group, all that run it notice by its position, soon. */
  async follow(group: Group): Promise<void> {
    const position = await group.readPosition();
    if (position.generation === group.position.generation || this.#stopped) return;
    await group.queue.stop();
    group.position = position;
    for (const partition of this.#partitions) if (partition.group === group) partition.restart();
    group.queue.resume();
  }

  async #followAll(groups: readonly Group[]): Promise<void> {
    for (const group of groups) await this.follow(group).catch(() => undefined); // its database is away: the next round asks
  }

  async lag(group: Group): Promise<number> {
    const { manager } = await this.#up.promise;
    const durables = new Set(Array.from({ length: limits.PARTITIONS }, (_, partition) => durableOf(group, partition)));
    let lag = 0;
    for (const topic of group.topics.keys()) {
      for await (const { name, num_pending, num_ack_pending } of manager.consumers.list(this.#stream(topic).name)) {
        if (durables.has(name)) lag += num_pending + num_ack_pending;
      }
    }
    return lag;
  }

  /** Makes a topic's stream if it is missing. Only a relay does so, because a new stream wants the whole history. */
  async open(topic: string): Promise<Place> {
    const link = await this.#up.promise;
    const before = this.#stored.get(topic) ?? 0; // others may send while this asks
    const { config, created, state } = await this.#ensureStream(link.manager, topic);
    const intact = state.last_seq >= before;
    this.#stored.set(topic, intact ? Math.max(state.last_seq, this.#stored.get(topic) ?? 0) : state.last_seq);
    const place = `${config.name} ${created}`;
    if (link === this.#link) this.#opened.set(topic, place);
    return { name: place, intact };
  }

  async send(event: EventEnvelope, place: string): Promise<void> {
    const { topic } = event;
    const link = this.#link;
    if (!link || this.#opened.get(topic) !== place)
      throw new Error(`The stream of ${topic} has to be looked at first.`);
    const before = this.#stored.get(topic) ?? 0;
    const subject = `${this.#stream(topic).subject}.${partitionOf(event.key, limits.PARTITIONS)}.${event.eventType}`;
    const { seq, duplicate } = await this.#whileUp(
      link.client.publish(subject, bodyOf(event), { headers: headersOf(event) }),
    );
    if (duplicate) return;
    if (seq <= before) {
      this.#opened.delete(topic);
      throw new Error(`The stream of ${topic} went back from ${before} to ${seq}.`);
    }
    this.#stored.set(topic, Math.max(seq, this.#stored.get(topic) ?? 0));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#rebalance);
    await this.#following;
    await Promise.all(this.#partitions.map((partition) => partition.want(false)));
    this.#opened.clear();
    await Promise.allSettled(this.#publishing.keys()); // bounded by PUBLISH_TIMEOUT_MS
    this.#up.reject(new Error("This node stops."));
    await this.#connection?.close();
  }

  /** Follows the connection through its ups and downs. */
  async #watch(connection: NatsConnection, link: Link): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) this.#lost();
      if (type === Events.Reconnect) {
        this.#link = { ...link }; // another one: what waits on the former is over
        this.#up.resolve(this.#link);
      }
    }
  }

  #lost(): void {
    if (!this.#link) return;
    this.#link = undefined;
    this.#up = Promise.withResolvers();
    this.#up.promise.catch(() => undefined);
    this.#opened.clear();
    const lost = new Error("The connection to NATS was lost.");
    for (const fail of this.#publishing.values()) fail(lost);
    for (const partition of this.#partitions) partition.reopen();
  }

  /** The client waits for its time-out when the connection is gone; nobody else needs to. */
  #whileUp<T>(publishing: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#publishing.set(promise, reject);
    publishing.then(resolve, reject).finally(() => this.#publishing.delete(promise));
    return promise;
  }

  #pulling(): Pulling {
    return {
      log: this.#options.log,
      open: async (group, partition, topic, deliver) => {
        const link = await this.#up.promise;
        const { name, subject } = this.#stream(topic);
        const consumer = { stream: name, filter: `${subject}.${partition}.>`, group, partition };
        const messages = await this.#openConsumer(link, consumer, deliver);
        if (link === this.#link) return messages;
        void messages.close();
        throw new Error("The connection to NATS was lost.");
      },
      flush: async () => {
        if (!this.#link) return; // a lost connection has closed everything
        const flushed = this.#connection?.flush().catch(() => undefined);
        await Promise.race([flushed, pause(limits.PUBLISH_TIMEOUT_MS, undefined, { ref: false })]);
      },
    };
  }

  /**
   * The durable consumer of a partition, with nothing outstanding. Messages another owner took and did not acknowledge
   * would come back only after the acknowledgement wait, behind newer ones of the same aggregate; so the consumer is
   * made anew from the first of them. So it is when somebody still waits for messages: an owner who lost the lock and
   * has not noticed yet would otherwise get some of them.
   */
  async #openConsumer(
    { client, manager }: Link,
    { stream, filter, group, partition }: PartitionConsumer,
    deliver: (message: JsMsg) => void,
  ): Promise<ConsumerMessages> {
    const durable = durableOf(group, partition);
    const config = {
      durable_name: durable,
      filter_subject: filter,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(limits.ACK_WAIT_MS),
      max_ack_pending: limits.GROUP_BATCH * 4,
    };
    const existing = await found(manager.consumers.info(stream, durable));
    if (!existing) {
      await manager.consumers.add(stream, { ...config, ...(await beginningOf(manager, stream, group, partition)) });
    } else if (existing.num_ack_pending > 0 || existing.num_waiting > 0) {
      await manager.consumers.delete(stream, durable);
      const opt_start_seq = existing.ack_floor.stream_seq + 1;
      await manager.consumers.add(stream, { ...config, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq });
    }
    const consumer = await client.consumers.get(stream, durable);
    return consumer.consume({
      max_messages: limits.GROUP_BATCH * 2,
      expires: limits.PULL_EXPIRES_MS,
      idle_heartbeat: limits.PULL_HEARTBEAT_MS,
      abort_on_missing_resource: true,
      callback: deliver,
    });
  }

  #stream(topic: string): { name: string; subject: string } {
    const { namespace } = this.#options;
    return { name: `${namespace}-${topic.replaceAll(".", "-")}`, subject: `${namespace}.${topic}` };
  }

  async #ensureStream(manager: JetStreamManager, topic: string): Promise<StreamInfo> {
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
      return await manager.streams.add(config);
    } catch (error) {
      // It exists with older settings: bring it up to date.
      if (codeOf(error) !== STREAM_IN_USE) throw error;
      const { num_replicas, max_age, duplicate_window, subjects } = config;
      return manager.streams.update(name, { num_replicas, max_age, duplicate_window, subjects });
    }
  }
}

interface PartitionConsumer {
  stream: string;
  filter: string;
  group: Group;
  partition: number;
}

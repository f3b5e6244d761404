import type { ConsumerMessages, JsMsg } from "nats";
import { limits } from "#config/limits.ts";
import type { Log } from "#lib/log.ts";
import type { EventEnvelope } from "../envelope.ts";
import type { EventTransport, Group, Intake, StreamIdentity } from "../transport/transport.ts";
import { connectionLost, JetStreamConnection } from "./connection.ts";
import { countUnacknowledged, openConsumer } from "./durable-consumers.ts";
import { IntakeConsumer } from "./intake-consumer.ts";
import { PartitionConsumer } from "./partition-consumer.ts";
import { StreamPublisher } from "./stream-publisher.ts";
import { type StreamOptions, streamOf } from "./streams.ts";

export interface JetStreamOptions extends StreamOptions {
  /** Of the servers, separated by commas. */
  url: string;
  /** Name of this node. */
  node: string;
  /** This node's index among the nodes that run a service, and their number: it decides which partitions it owns. */
  share(service: string): { index: number; of: number };
  log: Log;
}

/**
 * Events between nodes, over NATS JetStream: a stream for each topic, a subject for each partition, a durable consumer
 * for each group and partition. One node at a time consumes a partition of a group: the holder of an advisory lock in the
 * group's own database. Therefore, the events of one key keep their order across nodes. When a partition changes its
 * owner, the inbox discards what both deliver.
 */
export class JetStreamTransport implements EventTransport {
  readonly oneInFlightPerKey = true;
  readonly retainsEvents = true;
  readonly #options: JetStreamOptions;
  readonly #connection: JetStreamConnection;
  readonly #publisher: StreamPublisher;
  #partitions: PartitionConsumer[] = [];
  #refreshing: Promise<void> | undefined;
  #rebalance: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: JetStreamOptions) {
    this.#options = options;
    this.#connection = new JetStreamConnection(() => this.#onConnectionLost());
    this.#publisher = new StreamPublisher(this.#connection, options);
  }

  async start(groups: readonly Group[]): Promise<void> {
    const { url, node, log } = this.#options;
    await this.#connection.open(url, `${node} events`);
    const source = {
      log,
      open: this.#openPartition.bind(this),
      flush: () => this.#connection.flush(),
    };
    const numbers = Array.from({ length: limits.PARTITIONS }, (_, number) => number);
    this.#partitions = groups.flatMap((group) => numbers.map((number) => new PartitionConsumer(group, number, source)));
    this.#shareOutPartitions();
    this.#rebalance = setInterval(() => {
      this.#shareOutPartitions();
      this.#refreshing ??= this.#refreshPositions(groups).finally(() => {
        this.#refreshing = undefined;
      });
    }, limits.REBALANCE_MS);
  }

  open(topic: string): Promise<StreamIdentity> {
    return this.#publisher.open(topic);
  }

  publish(event: EventEnvelope, streamId: string): Promise<void> {
    return this.#publisher.publish(event, streamId);
  }

  /** It is called at each rebalancing, because another node may have rewound the group. */
  async refreshPosition(group: Group): Promise<void> {
    const position = await group.readPosition();
    if (position.generation === group.position.generation || this.#stopped) return;
    await group.queue.stop();
    group.position = position;
    for (const partition of this.#partitions) if (partition.group === group) partition.restart();
    group.queue.resume();
  }

  async lag(group: Group): Promise<number> {
    const { manager } = await this.#connection.untilConnected();
    let lag = 0;
    for (const topic of group.topics.keys())
      lag += await countUnacknowledged(manager, streamOf(this.#options.namespace, topic).name, group);
    return lag;
  }

  takeIn(intake: Intake): () => Promise<void> {
    const consumer = new IntakeConsumer(intake, this.#connection, this.#options);
    const running = consumer.run();
    return () => consumer.stop(running);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#rebalance);
    await this.#refreshing;
    await Promise.all(this.#partitions.map((partition) => partition.setWanted(false)));
    this.#publisher.closeStreams();
    await this.#connection.close();
  }

  #shareOutPartitions(): void {
    for (const partition of this.#partitions) {
      const { index, of } = this.#options.share(partition.group.name);
      void partition.setWanted(partition.number % of === index);
    }
  }

  async #refreshPositions(groups: readonly Group[]): Promise<void> {
    // When a group's database is away, the next round tries again.
    for (const group of groups) await this.refreshPosition(group).catch(() => undefined);
  }

  #onConnectionLost(): void {
    this.#publisher.closeStreams();
    for (const partition of this.#partitions) partition.reopen();
  }

  async #openPartition(
    group: Group,
    partition: number,
    topic: string,
    deliver: (message: JsMsg) => void,
  ): Promise<ConsumerMessages> {
    const session = await this.#connection.untilConnected();
    const { name, subject } = streamOf(this.#options.namespace, topic);
    const consumer = { stream: name, filter: `${subject}.${partition}.>`, group, partition };
    const messages = await openConsumer(session, consumer, deliver);
    if (session === this.#connection.session) return messages;
    void messages.close();
    throw connectionLost();
  }
}

import type { NamedLocks } from "#lib/sql/advisory-locks.ts";
import type { EventEnvelope } from "../envelope.ts";
import type { GroupQueue } from "../inbox/group-queue.ts";
import type { GroupPosition } from "../inbox/rewind.ts";

/** A consumer group of this node: which events it consumes, and the queue into which they are delivered. */
export interface Group {
  name: string;
  /** Event types by topic. */
  topics: ReadonlyMap<string, ReadonlySet<string>>;
  queue: GroupQueue;
  /** The position under which this node delivers events to the group; another node may have rewound it since. */
  position: GroupPosition;
  /** Reads the current position from the group's database. */
  readPosition(): Promise<GroupPosition>;
  /** Locks in the group's database; the holder of a partition's lock owns the partition. */
  locks: NamedLocks;
  /**
   * Applies a dead letter and removes it.
   * @returns whether there was one
   */
  retryDeadLetter(eventId: string): Promise<boolean>;
}

/** The stream, or the process, that holds the sent events of a topic. */
export interface StreamIdentity {
  /** A stream with another id holds nothing of what was sent before. */
  id: string;
  /** Whether, as far as this node can tell, the stream still holds everything that it held when it was last opened. */
  intact: boolean;
}

/** The part of a transport that relays use. */
export interface EventPublisher {
  /** Whether a relay must wait for one event of a key before it publishes the next. */
  readonly oneInFlightPerKey: boolean;
  /** Makes the stream of a topic if it is missing. Relays call it before they publish, after each failure, and regularly. */
  open(topic: string): Promise<StreamIdentity>;
  /**
   * Resolves when the event cannot be lost any more: when the broker has stored it, or every group has settled it.
   * @param streamId that `open` returned last for the topic; an event for another stream is refused
   */
  publish(event: EventEnvelope, streamId: string): Promise<void>;
}

/** A message that a program outside of the shop has published. */
export interface IntakeMessage {
  text: string;
  /** When the broker stored it. */
  storedAt: Date;
  /** Its number in the stream. */
  sequence: number;
}

/** A subject on which programs outside of the shop publish messages. Any node of the service takes them. */
export interface Intake {
  service: string;
  /** Below the namespace, such as `prices.updates`. */
  subject: string;
  /** The longest message in bytes. */
  messageBytes: number;
  /** Bytes that the broker keeps of messages that are not stored yet; a publisher is refused what would be more. */
  waitingBytes: number;
  /** Messages of a node that are stored at once. */
  atOnce: number;
  /**
   * Stores a message. It is acknowledged when this has ended, and comes again when it fails, or when this node ends before;
   * so it may come twice, and in another order.
   */
  store(message: IntakeMessage): Promise<void>;
}

/** Brings events from outboxes to groups: within this process, or over JetStream. */
export interface EventTransport extends EventPublisher {
  /** Whether it retains events and can deliver them again; otherwise, the outboxes have to send them again. */
  readonly retainsEvents: boolean;
  /** Called once, when every service of this node has started. */
  start(groups: readonly Group[]): Promise<void>;
  /** Reads a group's position. If the group was rewound, its deliveries are dropped and begin again from there. */
  refreshPosition(group: Group): Promise<void>;
  /** The number of events, in the whole cluster, that are not yet settled by the group. */
  lag(group: Group): Promise<number>;
  /** Begins to take messages; absent: nobody can publish any. @returns a function that ends it */
  takeIn?(intake: Intake): () => Promise<void>;
  /** Whatever is being published is settled afterwards, with or without success. */
  stop(): Promise<void>;
}

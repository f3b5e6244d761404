import type { AdvisoryLocks } from "#lib/sql/advisory-locks.ts";
import type { EventEnvelope } from "../envelope.ts";
import type { GroupQueue } from "../inbox/group-queue.ts";
import type { Position } from "../inbox/rewind.ts";

/** A consumer group of this node: which events it wants, and the queue they go into. */
export interface Group {
  name: string;
  /** Event types by topic. */
  topics: ReadonlyMap<string, ReadonlySet<string>>;
  queue: GroupQueue;
  /** Where this node believes that the group began; what it delivers belongs to that beginning. */
  position: Position;
  /** Asks the group's database where it really began. */
  readPosition(): Promise<Position>;
  /** Locks in the group's database, by which partitions are owned. */
  locks: AdvisoryLocks;
  /**
   * Applies a dead letter again, and removes it.
   * @returns whether there was one
   */
  retry(eventId: string): Promise<boolean>;
}

/** Where the events of a topic are kept. */
export interface Place {
  /** A place of another name has nothing of what was sent before. */
  name: string;
  /** Whether, as far as this node can tell, the place still has what it had when it was opened last. */
  intact: boolean;
}

/** The side of a transport that relays use. */
export interface Sending {
  /** Whether the relay must wait for one event of an aggregate before it sends the next. */
  readonly onePerKey: boolean;
  /** Makes the place for a topic's events if it is missing. Asked before anything is sent, after each failure, and now and then. */
  open(topic: string): Promise<Place>;
  /**
   * Resolves when the event is in safe hands: stored by the broker, or settled by every group.
   * @param place that the topic had when it was opened last; an event for another place is refused
   */
  send(event: EventEnvelope, place: string): Promise<void>;
}

/** How events get from outboxes to groups: within this process, or over JetStream. */
export interface EventTransport extends Sending {
  /** Whether it keeps events itself and can deliver them again; else the outboxes have to send them again. */
  readonly keeps: boolean;
  /** Called once, when every service of this node has started. */
  start(groups: readonly Group[]): Promise<void>;
  /** A group of this node may have been rewound: it forgets what was delivered to it and begins anew. */
  follow(group: Group): Promise<void>;
  /** How many events are on their way to a group, wherever in the cluster. */
  lag(group: Group): Promise<number>;
  /** What is being sent then ends, well or not. */
  stop(): Promise<void>;
}

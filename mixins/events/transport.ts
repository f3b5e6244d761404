import type { EventEnvelope } from "./envelope.ts";
import type { GroupQueue } from "./group.ts";
import type { LockKeeper } from "./lock.ts";

/** A consumer group of this node: which events it wants, and the queue they go into. */
export interface Group {
  name: string;
  /** Event types by topic. */
  topics: ReadonlyMap<string, ReadonlySet<string>>;
  queue: GroupQueue;
  /** Locks in the group's database, by which partitions are owned. */
  locks: LockKeeper;
}

/** How events get from outboxes to groups: within this process, or over JetStream. */
export interface EventTransport {
  /** Whether the relay must wait for one event of an aggregate before it sends the next. */
  readonly onePerKey: boolean;
  /** Resolves when the event is in safe hands: stored by the broker, or settled by every group. */
  send(event: EventEnvelope): Promise<void>;
  /** Called once, when every service of this node has started. */
  start(groups: readonly Group[], topics: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

import type { EventEnvelope } from "../envelope.ts";

/** An event in the outbox. Ids ascend in the order in which they were given out, which is not the order of commits. */
export interface OutboxRow {
  id: number;
  event: EventEnvelope;
}

export interface UnsentQuery {
  /** Rows with a lower id are left out. */
  fromId: number;
  /** Ids of rows that are left out because they are being published. */
  inFlight: readonly number[];
  /** Number of rows at most. */
  limit: number;
}

export interface OutboxEnd {
  /** The highest id that was given out; its row may not be committed yet. */
  lastId: number;
  /** The open transactions that may still commit a row with an id up to `lastId`. */
  writers: ReadonlySet<string>;
}

export interface SentRow {
  id: number;
  /** Id of the stream that stored the event. */
  streamId: string;
}

/** Which of the sent events of a topic are sent again; without any limit, all that are retained. */
export interface ResendRange {
  /** Only those that were sent in the last minutes. */
  sentWithinMinutes?: number;
  /** Only those that occurred at this time or later. */
  since?: Date;
}

/** What a relay needs of the storage of one service's outbox. Any call may fail; the relay calls again later. */
export interface OutboxStore {
  /** The unsent rows with the lowest ids, in the order of their ids. */
  readUnsent(query: UnsentQuery): Promise<OutboxRow[]>;
  /** Reads the last id first and the writers afterwards, so that each writer either has ended or is in the answer. */
  readEnd(): Promise<OutboxEnd>;
  /**
   * Marks rows as sent, except those whose topic has another stream now, because that stream does not hold them.
   * @returns whether all were marked
   */
  markSent(rows: readonly SentRow[]): Promise<boolean>;
  /** Marks sent rows as unsent, so that the relay sends them again. @returns their number */
  markUnsent(topic: string, range?: ResendRange): Promise<number>;
  /** The id of the stream to which the sent events of a topic were published. */
  streamOf(topic: string): Promise<string | undefined>;
  setStream(topic: string, streamId: string): Promise<void>;
}

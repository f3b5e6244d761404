import type { EventEnvelope } from "../envelope.ts";
import type { IdRange } from "./id-ranges.ts";

/** An event in the outbox. Ids ascend in the order in which they were given out, which is not the order of commits. */
export interface OutboxRow {
  id: number;
  event: EventEnvelope;
}

/** How far the events of an outbox are sent. */
export interface OutboxPosition {
  /** Every row with an id up to this one is sent, and no open transaction can add one. Later rows may be sent, too. */
  sentTo: number;
  /** How often the position was moved back. */
  moves: number;
}

/** From where on sent events are sent again; without any limit, from the first one that is retained. */
export interface ResendRange {
  /** From what was sent in the last minutes. */
  sentWithinMinutes?: number;
  /** From what was sent, and hence from what occurred, at this time or later. */
  since?: Date;
}

/** What a relay needs of the storage of one service's outbox. Any call may fail; the relay calls again later. */
export interface OutboxStore {
  /** Reads the position and, of the rows behind it and in these ranges, those with the lowest ids, in the order of their ids. */
  read(ranges: readonly IdRange[], limit: number): Promise<{ position: OutboxPosition; rows: OutboxRow[] }>;
  /** The open transactions that may still commit a row: every id that was given out before belongs to one of them, or its transaction has ended. */
  openWriters(): Promise<ReadonlySet<string>>;
  /** @returns false when the position was moved back more often than `moves` says: then it stays where it is */
  savePosition(position: OutboxPosition): Promise<boolean>;
  /** Moves the position back, so that the relay sends events again. @returns the number of their ids */
  moveBack(range?: ResendRange): Promise<number>;
  /** The id of the stream to which the events of a topic were sent. */
  streamOf(topic: string): Promise<string | undefined>;
  setStream(topic: string, streamId: string): Promise<void>;
}

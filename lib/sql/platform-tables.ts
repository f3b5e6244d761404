import { limits } from "#config/limits.ts";
import type { TablePersonalData } from "#lib/contract/types.ts";

/** Personal data in a table of the platform, where no single column holds the id of the person. */
interface PersonalEventData {
  columns: readonly string[];
  /** How the person is found. */
  subjectIn: string;
  keptBecause: string;
}

/** The tables that the platform makes in every service's database, and what they keep about persons. */
export const platformTables: Readonly<Record<string, TablePersonalData | PersonalEventData>> = {
  migration: "none",
  event_sequence: "none",
  inbox: "none",
  topic_place: "none",
  outbox_position: "none",
  outbox_progress: "none",
  outbox: {
    columns: ["data"],
    subjectIn: "the ids in the event; its contract marks the personal fields with Personal()",
    keptBecause: `A lost stream is published again from it; a row that was sent is removed after ${limits.OUTBOX_RETENTION_DAYS} days.`,
  },
  dead_letter: {
    columns: ["envelope", "discarded_by"],
    subjectIn: "the ids in the envelope, and discarded_by for the member of staff",
    keptBecause: `An operator may still retry it; a discarded one is removed after ${limits.DISCARDED_LETTER_DAYS} days.`,
  },
  rewind: { columns: ["rewound_by"], subject: "rewound_by", keptBecause: "It says who applied events again." },
  idempotency_key: {
    columns: ["answer"],
    subjectIn: "caller, such as customer:cust_…",
    keptBecause: `A repeated request gets the same answer for ${limits.IDEMPOTENCY_HOURS} hours.`,
  },
  keyvalue: {
    columns: ["value"],
    subjectIn: "the key, whose form its service decides",
    keptBecause: "It expires by itself: carts, sessions and counters.",
  },
};

/** A lightning deal: so many pieces of a sku at a low price, in a short time. */
export interface Deal {
  dealId: string;
  sku: string;
  currency: string;
  priceMinor: number;
  slots: number;
  perCustomer: number;
  /** How long a claim with a slot lasts. */
  claimSeconds: number;
  startsAt: Date;
  endsAt: Date;
  /** When members may begin; null: with everybody. */
  membersFrom: Date | null;
  /** When somebody of the shop has ended it; null: nobody has. */
  stoppedAt: Date | null;
}

/** A deal and how far it is. */
export interface RunningDeal extends Deal {
  /** Slots that are granted, ordered or sold. */
  taken: number;
  /** Claims that wait for a slot. */
  waiting: number;
  /** The number of the last claim; the first one has number 1. */
  lastNumber: number;
}

export const DEAL_STATUSES = ["upcoming", "members", "running", "ended"] as const;
export type DealStatus = (typeof DEAL_STATUSES)[number];

/** What customers who have this group may claim early. */
export const MEMBERS = "members";

/** What buyers read instead of a promotion's name. */
export const DEAL_NAME = "Lightning deal";

/**
 * A deal starts and ends by itself: its status follows from the time alone.
 * @param now by the clock of the database, which is the same for all nodes
 */
export function statusOf({ startsAt, endsAt, membersFrom, stoppedAt }: Deal, now: Date): DealStatus {
  if (stoppedAt !== null || now >= endsAt) return "ended";
  if (now >= startsAt) return "running";
  return membersFrom !== null && now >= membersFrom ? "members" : "upcoming";
}

/** Whether slots are given out: not before the deal begins, nor once it has ended. */
export function isOpen(deal: Deal, now: Date): boolean {
  const status = statusOf(deal, now);
  return status === "running" || status === "members";
}

/** Whole percents; 100 only when no slot is left. */
export function claimedPercent({ taken, slots }: Pick<RunningDeal, "taken" | "slots">): number {
  return Math.floor((100 * taken) / slots);
}

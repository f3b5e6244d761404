import type { Invariant } from "./invariant.ts";

export type OrderStatus =
  | "pending_payment"
  | "confirmed"
  | "paid"
  | "processing"
  | "shipped"
  | "delivered"
  | "cancelled"
  | "refunded";

export interface Pieces {
  sku: string;
  quantity: number;
}

export interface Step {
  version: number;
  from: string | null;
  to: string;
  cause: string;
  /** How often orders' group had been rewound by then; null where that is not known any more. */
  rewinds: number | null;
}

/** One order as all services together store it. */
export interface OrderSnapshot {
  /** Absent: the orders service does not know it. */
  order?: {
    status: OrderStatus;
    totalMinor: number;
    capturedMinor: number;
    refundedMinor: number;
    version: number;
    /** Seconds since its deadline, by the database's clock. */
    overdueSeconds: number;
    lines: readonly Pieces[];
    linesMinor: number;
    /** What promotions take off it, and what comes off its lines. */
    discountMinor: number;
    lineDiscountMinor: number;
    /** What taxes add to the lines, or take off them. */
    addedMinor: number;
    taxMinor: number;
    /** The taxes of its lines; null where they are not stored. */
    lineTaxMinor: number | null;
    history: readonly Step[];
    /** Number of events published about it. */
    publishedEvents: number;
  };
  /** Payments that are neither failed nor voided: only these move money. */
  payments: readonly { paymentId: string; heldMinor: number; capturedMinor: number; refundedMinor: number }[];
  reservation?: {
    state: "reserved" | "committed" | "released" | "rejected" | "tombstone" | "prepaid";
    lines: readonly Pieces[];
    /** Whether its pieces were committed at any time, even if they were restocked later. */
    wasCommitted: boolean;
    /** Number of events published about it. */
    publishedEvents: number;
  };
}

export interface OrderInvariant extends Invariant {
  /** @returns what is wrong, undefined when nothing is */
  wrong(snapshot: OrderSnapshot): string | undefined;
}

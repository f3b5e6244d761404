import { type AllocatedLine, allocate, type RequestedLine, type Shortage } from "./allocate.ts";
import { type ReservationState, transitions } from "./reservation.ts";
import type { Stock } from "./stock.ts";
import { piecesOf, type Supplies } from "./supplies.ts";

/** What happened to one order. */
export type Message = { orderId: string } & (
  | { kind: "created"; lines: readonly RequestedLine[] }
  | { kind: "cancelled" | "ended"; reason: string }
  | { kind: "paid" | "open" }
);

export interface Reservation {
  orderId: string;
  state: ReservationState;
  reason: string | null;
  /** Whether it was committed at any time, even if its pieces were restocked later. */
  wasCommitted: boolean;
  /** The lines that were reserved; they stay after a release. */
  lines: readonly AllocatedLine[];
}

/** What becomes an event. */
export type StockFact = { orderId: string } & (
  | { type: "reserved"; lines: readonly AllocatedLine[] }
  | { type: "rejected"; reason: string; missing: readonly Shortage[] }
  | { type: "released"; reason: string }
  | { type: "committed" }
);

/** A change of the pieces that a warehouse has on hand. */
export interface Movement {
  reference: string;
  kind: "adjust" | "commit" | "restock";
  sku: string;
  warehouseId: string;
  delta: number;
  reason: string | null;
}

/** What has to be written and emitted, for many messages together. */
export interface Plan {
  /** Reservations that are not stored yet. */
  opened: Reservation[];
  /** Reservations that are stored and changed. */
  changed: Reservation[];
  /** Lines that are reserved now. */
  newLines: { orderId: string; line: AllocatedLine }[];
  movements: Movement[];
  /** In the order of the messages; `index` is the position of the message that caused the fact. */
  facts: { index: number; fact: StockFact }[];
}

/**
 * Decides messages in their order, each on the result of those before it. The only argument that it changes is `stock`,
 * which records its changes.
 * @param stored the reservations of the messages' orders
 * @param supplies what their skus take from the stock, where that is not themselves
 */
export function applyMessages(
  stock: Stock,
  stored: readonly Reservation[],
  messages: readonly Message[],
  supplies: Supplies = NONE,
): Plan {
  const storedIds = new Set(stored.map(({ orderId }) => orderId));
  const current = new Map(stored.map((reservation) => [reservation.orderId, reservation]));
  const changedIds = new Set<string>();
  const plan: Plan = { opened: [], changed: [], newLines: [], movements: [], facts: [] };
  messages.forEach((message, index) => {
    const { orderId } = message;
    const reservation = current.get(orderId) ?? { ...NOTHING_YET, orderId };
    const outcome = decide(stock, reservation, message, supplies);
    if (!outcome) return;
    current.set(orderId, { ...reservation, ...outcome.change });
    changedIds.add(orderId);
    for (const fact of outcome.facts ?? []) plan.facts.push({ index, fact });
    for (const line of outcome.newLines ?? []) plan.newLines.push({ orderId, line });
    plan.movements.push(...(outcome.movements ?? []));
  });
  for (const orderId of changedIds) {
    const reservation = current.get(orderId);
    if (reservation) (storedIds.has(orderId) ? plan.changed : plan.opened).push(reservation);
  }
  return plan;
}

const NONE: Supplies = new Map();
const NOTHING_YET = { state: "none", reason: null, wasCommitted: false, lines: [] } as const;

interface Outcome {
  change: Partial<Reservation>;
  facts?: StockFact[];
  newLines?: readonly AllocatedLine[];
  movements?: Movement[];
}

/** The effect of one message; undefined when it has none. */
function decide(stock: Stock, reservation: Reservation, message: Message, supplies: Supplies): Outcome | undefined {
  const step = transitions[reservation.state][message.kind];
  const reason = "reason" in message ? message.reason : null;
  const requested = "lines" in message ? piecesOf(message.lines, supplies) : [];
  switch (step) {
    case "ignore":
      return undefined;
    case "leave-tombstone":
      return { change: { state: "tombstone", reason } };
    case "remember-payment":
      return { change: { state: "prepaid" } };
    case "extend":
      return { change: {} }; // a reservation that is written again gets a new expiry
    case "reserve":
      return reserve(stock, reservation, requested);
    case "reserve-and-commit": {
      const first = reserve(stock, reservation, requested);
      if (!first.newLines) return first;
      return combine(first, commit(stock, { ...reservation, lines: first.newLines }));
    }
    case "commit":
      return commit(stock, reservation);
    case "release": {
      for (const { sku, warehouseId, quantity } of reservation.lines)
        stock.change(sku, warehouseId, { reserved: -quantity });
      return released(reservation, reason);
    }
    case "restock": {
      for (const { sku, warehouseId, quantity } of reservation.lines)
        stock.change(sku, warehouseId, { onHand: quantity });
      return { ...released(reservation, reason), movements: movementsOf(reservation, "restock", 1) };
    }
    default:
      return step satisfies never;
  }
}

/** Reserves all requested lines, or rejects the order: then there are no `newLines`. */
function reserve(stock: Stock, { orderId }: Reservation, requested: readonly RequestedLine[]): Outcome {
  const allocation = allocate(stock, requested);
  if (allocation.kind === "none") {
    const rejected = { type: "rejected", orderId, reason: "out_of_stock", missing: allocation.missing } as const;
    return { change: { state: "rejected", reason: rejected.reason }, facts: [rejected] };
  }
  const { lines } = allocation;
  for (const { sku, warehouseId, quantity } of lines) stock.change(sku, warehouseId, { reserved: quantity });
  return { change: { state: "reserved", lines }, facts: [{ type: "reserved", orderId, lines }], newLines: lines };
}

function commit(stock: Stock, reservation: Reservation): Outcome {
  for (const { sku, warehouseId, quantity } of reservation.lines) {
    stock.change(sku, warehouseId, { onHand: -quantity, reserved: -quantity });
  }
  return {
    change: { state: "committed", wasCommitted: true },
    facts: [{ type: "committed", orderId: reservation.orderId }],
    movements: movementsOf(reservation, "commit", -1),
  };
}

function released({ orderId }: Reservation, reason: string | null): Outcome {
  return {
    change: { state: "released", reason },
    facts: [{ type: "released", orderId, reason: reason ?? "cancelled" }],
  };
}

function movementsOf({ orderId, lines }: Reservation, kind: "commit" | "restock", sign: 1 | -1): Movement[] {
  return lines.map(({ sku, warehouseId, quantity }) => ({
    reference: orderId,
    kind,
    sku,
    warehouseId,
    delta: sign * quantity,
    reason: null,
  }));
}

function combine(first: Outcome, second: Outcome): Outcome {
  return {
    change: { ...first.change, ...second.change },
    facts: [...(first.facts ?? []), ...(second.facts ?? [])],
    newLines: first.newLines ?? [],
    movements: second.movements ?? [],
  };
}

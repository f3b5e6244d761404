import { type AllocatedLine, allocate, type Shortage, type Wanted } from "./allocate.ts";
import { type ReservationState, transitions } from "./reservation.ts";
import type { Stock } from "./stock.ts";

/** News of one order. */
export type Message = { orderId: string } & (
  | { kind: "created"; lines: readonly Wanted[] }
  | { kind: "cancelled" | "abandoned"; reason: string }
  | { kind: "paid" | "wanted" }
);

export interface Reservation {
  orderId: string;
  state: ReservationState;
  reason: string | null;
  /** What was taken; stays when it was given back. */
  lines: readonly AllocatedLine[];
}

/** What others are told. */
export type Fact = { orderId: string } & (
  | { type: "reserved"; lines: readonly AllocatedLine[] }
  | { type: "rejected"; reason: string; missing: readonly Shortage[] }
  | { type: "released"; reason: string }
  | { type: "committed" }
);

/** A change of what a warehouse has on hand. */
export interface Movement {
  reference: string;
  kind: "adjust" | "commit" | "restock";
  sku: string;
  warehouseId: string;
  delta: number;
  reason: string | null;
}

/** What is to be written and told, once for many messages. */
export interface Plan {
  /** Reservations that were not known before. */
  opened: Reservation[];
  /** Reservations that were. */
  changed: Reservation[];
  /** Lines taken now. */
  taken: { orderId: string; line: AllocatedLine }[];
  movements: Movement[];
  /** In the order of the messages; `cause` is the message's place. */
  facts: { cause: number; fact: Fact }[];
}

/**
 * Decides many messages in the order they came, each on what those before it left. Changes `stock`, which knows its
 * changes, and nothing else.
 * @param known the reservations of the messages' orders, as stored
 */
export function applyMessages(stock: Stock, known: readonly Reservation[], messages: readonly Message[]): Plan {
  const before = new Set(known.map(({ orderId }) => orderId));
  const now = new Map(known.map((reservation) => [reservation.orderId, reservation]));
  const touched = new Set<string>();
  const plan: Plan = { opened: [], changed: [], taken: [], movements: [], facts: [] };
  messages.forEach((message, cause) => {
    const { orderId } = message;
    const reservation = now.get(orderId) ?? { orderId, state: "none" as const, reason: null, lines: [] };
    const outcome = decide(stock, reservation, message);
    if (!outcome) return;
    now.set(orderId, { ...reservation, ...outcome.becomes });
    touched.add(orderId);
    for (const fact of outcome.facts ?? []) plan.facts.push({ cause, fact });
    for (const line of outcome.taken ?? []) plan.taken.push({ orderId, line });
    plan.movements.push(...(outcome.movements ?? []));
  });
  for (const orderId of touched) {
    const reservation = now.get(orderId);
    if (reservation) (before.has(orderId) ? plan.changed : plan.opened).push(reservation);
  }
  return plan;
}

interface Outcome {
  becomes: Partial<Reservation>;
  facts?: Fact[];
  taken?: readonly AllocatedLine[];
  movements?: Movement[];
}

/** One message's effect; undefined when it has none. */
function decide(stock: Stock, reservation: Reservation, message: Message): Outcome | undefined {
  const { orderId } = reservation;
  const step = transitions[reservation.state][message.kind];
  const reason = "reason" in message ? message.reason : null;
  switch (step) {
    case "ignore":
      return undefined;
    case "bury":
      return { becomes: { state: "tombstone", reason } };
    case "remember-payment":
      return { becomes: { state: "prepaid" } };
    case "extend":
      return { becomes: {} };
    case "take":
    case "take-and-commit": {
      const allocation = allocate(stock, "lines" in message ? message.lines : []);
      if (allocation.kind === "none") {
        const rejected = { type: "rejected", orderId, reason: "out_of_stock", missing: allocation.missing } as const;
        return { becomes: { state: "rejected", reason: rejected.reason }, facts: [rejected] };
      }
      const { lines } = allocation;
      for (const { sku, warehouseId, quantity } of lines) stock.change(sku, warehouseId, { reserved: quantity });
      const reserved: Outcome = {
        becomes: { state: "reserved", lines },
        facts: [{ type: "reserved", orderId, lines }],
        taken: lines,
      };
      return step === "take" ? reserved : both(reserved, commit(stock, { ...reservation, lines }));
    }
    case "commit":
      return commit(stock, reservation);
    case "release": {
      for (const { sku, warehouseId, quantity } of reservation.lines)
        stock.change(sku, warehouseId, { reserved: -quantity });
      return given(orderId, reason);
    }
    case "restock": {
      for (const { sku, warehouseId, quantity } of reservation.lines)
        stock.change(sku, warehouseId, { onHand: quantity });
      return { ...given(orderId, reason), movements: moved(reservation, "restock", 1) };
    }
    default:
      return step satisfies never;
  }
}

function commit(stock: Stock, reservation: Reservation): Outcome {
  for (const { sku, warehouseId, quantity } of reservation.lines) {
    stock.change(sku, warehouseId, { onHand: -quantity, reserved: -quantity });
  }
  const { orderId } = reservation;
  return {
    becomes: { state: "committed" },
    facts: [{ type: "committed", orderId }],
    movements: moved(reservation, "commit", -1),
  };
}

function given(orderId: string, reason: string | null): Outcome {
  return {
    becomes: { state: "released", reason },
    facts: [{ type: "released", orderId, reason: reason ?? "cancelled" }],
  };
}

function moved({ orderId, lines }: Reservation, kind: "commit" | "restock", sign: 1 | -1): Movement[] {
  return lines.map(({ sku, warehouseId, quantity }) => ({
    reference: orderId,
    kind,
    sku,
    warehouseId,
    delta: sign * quantity,
    reason: null,
  }));
}

function both(first: Outcome, second: Outcome): Outcome {
  return {
    becomes: { ...first.becomes, ...second.becomes },
    facts: [...(first.facts ?? []), ...(second.facts ?? [])],
    taken: first.taken ?? [],
    movements: second.movements ?? [],
  };
}

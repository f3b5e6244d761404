/**
 * What is known of the pieces that an order has taken from offers.
 * - `none`: nothing yet
 * - `held`: they are taken; the order is about to be stored
 * - `ordered`: the order exists
 * - `committed`: the order is paid
 * - `released`: they are back, or the order ended before they were taken: nothing is taken for it any more
 */
export const PIECES_STATES = ["none", "held", "ordered", "committed", "released"] as const;
export type PiecesState = (typeof PIECES_STATES)[number];

/**
 * What can happen to an order. `ordered`, `paid` and `cancelled` come as events of orders, or as its answer when a
 * reservation has expired. `givenBack`: it was not stored; `unknown`: the reservation has expired, and there is no order.
 */
export type PiecesEvent = "ordered" | "paid" | "cancelled" | "givenBack" | "unknown";

type Next = Exclude<PiecesState, "none" | "held"> | "ignore";

/** The next state for every pair. Events that come twice, late or out of order are among them. */
const TRANSITIONS: Readonly<Record<PiecesState, Readonly<Record<PiecesEvent, Next>>>> = {
  none: {
    ordered: "ignore", // most orders have no goods of sellers
    paid: "ignore",
    cancelled: "released", // a request to take pieces for it may be under way still
    givenBack: "released", // for the same reason
    unknown: "ignore",
  },
  held: { ordered: "ordered", paid: "committed", cancelled: "released", givenBack: "released", unknown: "released" },
  ordered: {
    ordered: "ignore",
    paid: "committed",
    cancelled: "released",
    givenBack: "ignore", // the order was stored after all
    unknown: "ignore", // it was stored while the job was asking
  },
  committed: { ordered: "ignore", paid: "ignore", cancelled: "released", givenBack: "ignore", unknown: "ignore" },
  released: { ordered: "ignore", paid: "ignore", cancelled: "ignore", givenBack: "ignore", unknown: "ignore" },
};

/** The state that an event leads to; undefined when it changes nothing. */
export function nextState(state: PiecesState, event: PiecesEvent): Exclude<PiecesState, "none" | "held"> | undefined {
  const next = TRANSITIONS[state][event];
  return next === "ignore" ? undefined : next;
}

export interface Pieces {
  sellerId: string;
  sku: string;
  quantity: number;
}

/** What is left of an offer; `available` is 0 where its seller may not sell. */
export interface Supply {
  sellerId: string;
  sku: string;
  available: number;
}

export interface RefusedPieces {
  sellerId: string;
  sku: string;
  requested: number;
  available: number;
}

/** Pieces of the same offer together, in a fixed order, which is also that in which offers are locked. */
export function together(pieces: readonly Pieces[]): Pieces[] {
  const sums = new Map<string, Pieces>();
  for (const { sellerId, sku, quantity } of pieces) {
    const key = keyOf({ sellerId, sku });
    sums.set(key, { sellerId, sku, quantity: quantity + (sums.get(key)?.quantity ?? 0) });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

/** Which of these pieces cannot be taken; none of them means that all can. */
export function refusedOf(pieces: readonly Pieces[], supplies: readonly Supply[]): RefusedPieces[] {
  const available = new Map(supplies.map((supply) => [keyOf(supply), supply.available]));
  return pieces.flatMap(({ sellerId, sku, quantity }) => {
    const left = available.get(keyOf({ sellerId, sku })) ?? 0;
    return left >= quantity ? [] : [{ sellerId, sku, requested: quantity, available: left }];
  });
}

/** Ids of sellers have no space. */
function keyOf({ sellerId, sku }: { sellerId: string; sku: string }): string {
  return `${sellerId} ${sku}`;
}

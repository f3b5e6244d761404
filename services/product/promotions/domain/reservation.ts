/**
 * What is known of the uses that an order has.
 * - `none`: nothing yet
 * - `held`: they are reserved; the order is about to be stored
 * - `ordered`: the order exists
 * - `committed`: the order is paid
 * - `released`: they were given back, or the order ended before they were reserved: nothing is reserved for it any more
 */
export type ReservationState = "none" | "held" | "ordered" | "committed" | "released";

/**
 * What can happen to an order. `ordered`, `paid` and `cancelled` come as events of orders, or as its answer when a
 * reservation has expired. `givenBack`: it was not stored; `unknown`: the reservation has expired, and there is no order.
 */
export type ReservationEvent = "ordered" | "paid" | "cancelled" | "givenBack" | "unknown";

/** `bar` leaves a released reservation without uses. */
export type Step = "keep" | "commit" | "release" | "bar" | "ignore";

/** The step for every pair. Events that come twice, late or out of order are among them. */
export const transitions: Readonly<Record<ReservationState, Readonly<Record<ReservationEvent, Step>>>> = {
  none: {
    ordered: "ignore", // most orders use no promotion
    paid: "ignore",
    cancelled: "bar", // a request to reserve for it may be under way still
    givenBack: "bar", // for the same reason
    unknown: "ignore",
  },
  held: {
    ordered: "keep",
    paid: "commit",
    cancelled: "release",
    givenBack: "release",
    unknown: "release",
  },
  ordered: {
    ordered: "ignore",
    paid: "commit",
    cancelled: "release",
    givenBack: "ignore", // the order was stored after all
    unknown: "ignore", // it was stored while the job was asking
  },
  committed: {
    ordered: "ignore",
    paid: "ignore",
    cancelled: "release",
    givenBack: "ignore",
    unknown: "ignore",
  },
  released: {
    ordered: "ignore",
    paid: "ignore",
    cancelled: "ignore",
    givenBack: "ignore",
    unknown: "ignore",
  },
};

export interface Message {
  orderId: string;
  kind: ReservationEvent;
}

/** The states that messages lead to, each message on the result of those before it. */
export function statesAfter(
  stored: ReadonlyMap<string, ReservationState>,
  messages: readonly Message[],
): Map<string, ReservationState> {
  const changed = new Map<string, ReservationState>();
  for (const { orderId, kind } of messages) {
    const state = changed.get(orderId) ?? stored.get(orderId) ?? "none";
    const next = NEXT[transitions[state][kind]];
    if (next) changed.set(orderId, next);
  }
  return changed;
}

const NEXT: Readonly<Record<Step, ReservationState | undefined>> = {
  keep: "ordered",
  commit: "committed",
  release: "released",
  bar: "released",
  ignore: undefined,
};

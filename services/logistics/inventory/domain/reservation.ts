/**
 * What inventory knows about an order.
 * - `none`: nothing yet
 * - `reserved`: its pieces are reserved
 * - `committed`: it is paid, and its pieces have left the stock
 * - `released`: its pieces were given back
 * - `rejected`: there was not enough stock for all of its lines
 * - `tombstone`: its cancellation arrived before its creation, so it will not reserve
 * - `prepaid`: its payment arrived before its creation, so it will be committed as soon as it is reserved
 */
export type ReservationState = "none" | "reserved" | "committed" | "released" | "rejected" | "tombstone" | "prepaid";

/**
 * What can happen to an order. `created`, `cancelled` and `paid` come as events of orders. `ended` and `open` are its
 * answers when a reservation has expired: the order is over or unknown, or it still waits for its payment.
 */
export type ReservationEvent = "created" | "cancelled" | "paid" | "ended" | "open";

/** What is then done. `reserve` reserves or rejects; `reserve-and-commit` also commits what it has reserved. */
export type Step =
  | "reserve"
  | "reserve-and-commit"
  | "commit"
  | "release"
  | "restock"
  | "extend"
  | "leave-tombstone"
  | "remember-payment"
  | "ignore";

/**
 * The step for every pair of state and event. Events of one order arrive in their order, so most of the unusual pairs
 * occur only after a dead letter, a replay or a rewind of the group; each of them still has its rule.
 */
export const transitions: Readonly<Record<ReservationState, Readonly<Record<ReservationEvent, Step>>>> = {
  none: {
    created: "reserve",
    cancelled: "leave-tombstone", // when the order is created later, it must not reserve
    paid: "remember-payment", // the pieces are sold, but which pieces is not known yet
    ended: "ignore",
    open: "ignore",
  },
  reserved: {
    created: "ignore", // delivered twice
    cancelled: "release",
    paid: "commit",
    ended: "release",
    open: "extend",
  },
  committed: {
    created: "ignore",
    cancelled: "restock",
    paid: "ignore",
    ended: "ignore", // it was paid while the job was asking orders
    open: "ignore",
  },
  released: {
    created: "ignore",
    cancelled: "ignore",
    paid: "ignore", // payments refunds an order that is paid after its cancellation; its pieces may be sold already
    ended: "ignore",
    open: "ignore",
  },
  rejected: {
    created: "ignore",
    cancelled: "ignore", // the usual case: orders cancels an order that inventory has rejected
    paid: "ignore", // for the same reason as in `released`
    ended: "ignore",
    open: "ignore",
  },
  tombstone: {
    created: "ignore", // the purpose of a tombstone
    cancelled: "ignore",
    paid: "ignore", // for the same reason as in `released`
    ended: "ignore",
    open: "ignore",
  },
  prepaid: {
    created: "reserve-and-commit",
    cancelled: "leave-tombstone",
    paid: "ignore",
    ended: "ignore",
    open: "ignore",
  },
};

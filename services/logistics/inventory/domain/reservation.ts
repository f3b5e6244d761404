/**
 * What inventory knows of an order.
 * - `none`: nothing was heard of it
 * - `reserved`: its pieces are held
 * - `committed`: it is paid, its pieces are gone from stock
 * - `released`: its pieces were given back
 * - `rejected`: there was not enough for all of its lines
 * - `tombstone`: it was cancelled before it was seen; it will not reserve
 * - `prepaid`: it was paid before it was seen; it commits as soon as it is
 */
export type ReservationState = "none" | "reserved" | "committed" | "released" | "rejected" | "tombstone" | "prepaid";

/**
 * What can happen to it. `created`, `cancelled` and `paid` are news from orders; `abandoned` and `wanted` are the answers
 * when a reservation has expired and orders is asked whether the order still lives.
 */
export type ReservationEvent = "created" | "cancelled" | "paid" | "abandoned" | "wanted";

/** What is then done. `take` reserves or rejects; `take-and-commit` commits what it reserves at once. */
export type Step =
  | "take"
  | "take-and-commit"
  | "commit"
  | "release"
  | "restock"
  | "extend"
  | "bury"
  | "remember-payment"
  | "ignore";

/**
 * Every pair. Events of one order arrive in their order, so most crossings need a dead letter, a replay or a rewound
 * group to happen; each has its rule all the same.
 */
export const transitions: Readonly<Record<ReservationState, Readonly<Record<ReservationEvent, Step>>>> = {
  none: {
    created: "take",
    cancelled: "bury", // the late order must not reserve
    paid: "remember-payment", // the pieces are not known yet, and they are sold
    abandoned: "ignore",
    wanted: "ignore",
  },
  reserved: {
    created: "ignore", // seen twice
    cancelled: "release",
    paid: "commit",
    abandoned: "release",
    wanted: "extend",
  },
  committed: {
    created: "ignore",
    cancelled: "restock",
    paid: "ignore",
    abandoned: "ignore", // paid while orders was being asked
    wanted: "ignore",
  },
  released: {
    created: "ignore",
    cancelled: "ignore",
    paid: "ignore", // an order paid after its cancellation is refunded by payments; its pieces are somebody else's now
    abandoned: "ignore",
    wanted: "ignore",
  },
  rejected: {
    created: "ignore",
    cancelled: "ignore", // the usual end: orders cancels what inventory rejected
    paid: "ignore", // as for released
    abandoned: "ignore",
    wanted: "ignore",
  },
  tombstone: {
    created: "ignore", // what it is there for
    cancelled: "ignore",
    paid: "ignore", // as for released
    abandoned: "ignore",
    wanted: "ignore",
  },
  prepaid: {
    created: "take-and-commit",
    cancelled: "bury",
    paid: "ignore",
    abandoned: "ignore",
    wanted: "ignore",
  },
};

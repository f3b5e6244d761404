/** What the rules and the model know of an order. `null` is always "not known", and gives no points. */
export interface Facts {
  customer: {
    isGuest: boolean;
    /** Since the account was made. */
    ageHours: number | null;
    /** Paid orders that are older than `TRUST_AFTER_HOURS`. */
    paidOrders: number;
    /** Orders whose payment the customer's bank has taken back. */
    disputes: number;
    disposableMail: boolean;
  };
  /** The total as a multiple of what is a high amount in its currency. */
  amountRatio: number | null;
  /** The most pieces of one sku. */
  pieces: number;
  /** ISO 3166-1 alpha-2. */
  countries: { shipping: string | null; billing: string | null; client: string | null };
  /** The network that the client's address belongs to, where it is known and not an ordinary one. */
  network: { kind: NetworkKind; name: string } | null;
  velocity: Velocity;
}

export type NetworkKind = "hosting" | "vpn";

/** Attempts of the last ten minutes, hour and day, this one included. Counts stop at a bound. */
export interface Velocity {
  /** Attempts of the customer. */
  customer: { tenMinutes: number; hour: number; day: number };
  /** Of those, attempts whose payment was declined. */
  declinedHour: number;
  /** Different customers with the same payment method, 0 when methods cannot be compared. */
  methodCustomers: { hour: number; day: number };
  /** Different customers with the same shipping address. */
  addressCustomers: { hour: number; day: number };
  /** Different customers behind the same network address, 0 for private and unknown addresses. */
  clientCustomers: { hour: number; day: number };
}

/** An order of which nothing but itself is known. */
export const QUIET: Velocity = {
  customer: { tenMinutes: 1, hour: 1, day: 1 },
  declinedHour: 0,
  methodCustomers: { hour: 0, day: 0 },
  addressCustomers: { hour: 1, day: 1 },
  clientCustomers: { hour: 0, day: 0 },
};

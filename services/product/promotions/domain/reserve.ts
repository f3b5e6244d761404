import { isOverBudget, refusalByUse } from "./check-terms.ts";
import { keyOf } from "./codes.ts";
import type { Promotion } from "./promotion.ts";
import { isAccount } from "./purchase.ts";
import type { Reason } from "./reasons.ts";
import type { ReservationState } from "./reservation.ts";

/** The use of a promotion by an order. */
export interface Usage {
  promotionId: string;
  code?: string | undefined;
  amountMinor: number;
}

export interface Request {
  orderId: string;
  customerId: string;
  currency: string;
  usages: readonly Usage[];
}

export interface RefusedUsage {
  promotionId: string;
  code?: string | undefined;
  reason: Reason;
}

/** What is stored of the promotions and orders of some requests, all of it locked. */
export interface Stored {
  now: Date;
  /** With how often it was used, by promotion. */
  promotions: ReadonlyMap<string, Promotion & { uses: number; spentMinor: number }>;
  /** The promotion of a code, and the order that has it; by the code's key. */
  codes: ReadonlyMap<string, { promotionId: string; once: boolean; orderId: string | null }>;
  /** How often customers use promotions, by `customerAndPromotion`. */
  byCustomer: ReadonlyMap<string, number>;
  /** By order; one that is not there has none. */
  reservations: ReadonlyMap<string, { state: ReservationState; usages: readonly Usage[] }>;
}

/**
 * - `reserved`: by this request
 * - `known`: by an earlier request for the same
 * - `refused`: nothing is reserved
 * - `conflict`: something else was reserved for this order, or nothing may be any more
 */
export type Outcome =
  | { kind: "reserved" }
  | { kind: "known" }
  | { kind: "refused"; refused: RefusedUsage[] }
  | { kind: "conflict"; detail: string };

export function customerAndPromotion(customerId: string, promotionId: string): string {
  return `${customerId} ${promotionId}`;
}

/** Decides requests in their sequence, each on the result of those before it. */
export function decideReservations(stored: Stored, requests: readonly Request[]): Outcome[] {
  const tally = new Tally(stored);
  return requests.map((request) => {
    const known = tally.reservationOf(request.orderId);
    if (known) return repeated(known, request);
    const refused = request.usages.flatMap((usage) => {
      const reason = tally.refusalOf(request, usage);
      return reason ? [{ promotionId: usage.promotionId, ...(usage.code ? { code: usage.code } : {}), reason }] : [];
    });
    if (refused.length > 0) return { kind: "refused", refused };
    tally.reserve(request);
    return { kind: "reserved" };
  });
}

type Reservation = { state: ReservationState; usages: readonly Usage[] };

function repeated({ state, usages }: Reservation, request: Request): Outcome {
  if (state === "released") return { kind: "conflict", detail: "What this order used was given back already." };
  const isSame = usages.length === request.usages.length && request.usages.every((usage) => hasUsage(usages, usage));
  return isSame ? { kind: "known" } : { kind: "conflict", detail: "This order has reserved something else already." };
}

function hasUsage(usages: readonly Usage[], { promotionId, amountMinor }: Usage): boolean {
  return usages.some((other) => other.promotionId === promotionId && other.amountMinor === amountMinor);
}

/** What is stored, and what the requests so far have added. */
class Tally {
  readonly #stored: Stored;
  readonly #uses = new Map<string, { uses: number; spentMinor: number }>();
  readonly #byCustomer = new Map<string, number>();
  readonly #codes = new Map<string, string>();
  readonly #reservations = new Map<string, Reservation>();

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  reservationOf(orderId: string): Reservation | undefined {
    return this.#reservations.get(orderId) ?? this.#stored.reservations.get(orderId);
  }

  refusalOf({ orderId, customerId, currency }: Request, { promotionId, code, amountMinor }: Usage): Reason | undefined {
    const promotion = this.#stored.promotions.get(promotionId);
    if (!promotion) return code === undefined ? "ended" : "unknown_code";
    const refusedCode = this.#refusalOfCode(promotion, code, orderId);
    if (refusedCode) return refusedCode;
    const uses = { ...this.#usesOf(promotion), byCustomer: this.#usesBy(customerId, promotionId) };
    const refused = refusalByUse(promotion, uses, isAccount(customerId), this.#stored.now);
    if (refused) return refused.reason;
    if (promotion.currency !== null && promotion.currency !== currency) return "wrong_currency";
    return isOverBudget(promotion, uses, amountMinor) ? "budget_spent" : undefined;
  }

  reserve({ orderId, customerId, usages }: Request): void {
    this.#reservations.set(orderId, { state: "held", usages });
    for (const { promotionId, code, amountMinor } of usages) {
      const promotion = this.#stored.promotions.get(promotionId);
      if (!promotion) continue;
      const { uses, spentMinor } = this.#usesOf(promotion);
      this.#uses.set(promotionId, { uses: uses + 1, spentMinor: spentMinor + amountMinor });
      this.#byCustomer.set(customerAndPromotion(customerId, promotionId), this.#usesBy(customerId, promotionId) + 1);
      if (code !== undefined) this.#codes.set(keyOf(code), orderId);
    }
  }

  #usesOf(promotion: Promotion & { uses: number; spentMinor: number }) {
    return this.#uses.get(promotion.promotionId) ?? { uses: promotion.uses, spentMinor: promotion.spentMinor };
  }

  #usesBy(customerId: string, promotionId: string): number {
    const key = customerAndPromotion(customerId, promotionId);
    return this.#byCustomer.get(key) ?? this.#stored.byCustomer.get(key) ?? 0;
  }

  #refusalOfCode(promotion: Promotion, code: string | undefined, orderId: string): Reason | undefined {
    if (code === undefined) return promotion.onlyWithCode ? "unknown_code" : undefined;
    const known = this.#stored.codes.get(keyOf(code));
    if (known?.promotionId !== promotion.promotionId) return "unknown_code";
    const holder = this.#codes.get(keyOf(code)) ?? known.orderId;
    return known.once && holder !== null && holder !== orderId ? "code_used" : undefined;
  }
}

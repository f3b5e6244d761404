import { afterChange, type Claim, type ClaimChange, type ClaimUse, holdsSlot, isFor, isLive } from "./claim.ts";
import { isOpen, type RunningDeal, statusOf } from "./deal.ts";
import { dealLimits } from "./limits.ts";

/** A deal at one moment, locked, with those of its claims that the requests may be about. */
export interface Turns {
  deal: RunningDeal;
  now: Date;
  /**
   * In any order: claims past their expiry, live ones of the customers who ask, those that are named, and of the queue as
   * many as slots can become free, the first ones.
   */
  claims: readonly Claim[];
  /** Those of the customers who ask who may claim early. */
  members: ReadonlySet<string>;
}

/** What somebody asks of a deal. */
export type TurnRequest =
  | { kind: "claim"; claimId: string; customerId: string; requestKey: string | null }
  | { kind: "giveBack"; claimId: string }
  | { kind: "order"; claimId: string; customerId: string; use: ClaimUse }
  | { kind: "sell" | "cancel" | "restore"; claimId: string; orderId: string };

export type Refusal =
  | { reason: "not_started" | "members_first" | "ended" | "queue_full" | "ordered" | "unknown" }
  | { reason: "has_claims"; claimIds: string[] };

/** @property claimId of the claim that the request made, or changed, or made when it was sent before */
export type Outcome = { claimId: string } | { refused: Refusal };

/** What has changed. `touched` has each claim as it is now. */
export interface Turned {
  deal: RunningDeal;
  now: Date;
  touched: readonly Claim[];
  /** By request. */
  outcomes: readonly Outcome[];
}

/**
 * Gives slots out. Every claim joins the queue, and slots go to its first ones, whoever asks: so nobody is served out of
 * turn, and no slot waits for a timer while somebody asks for one.
 */
export function takeTurns(turns: Turns, requests: readonly TurnRequest[]): Turned {
  const desk = new Desk(turns);
  desk.expire();
  const outcomes = requests.map((request) => desk.answer(request));
  desk.expire(); // what an order has given back too late
  desk.handOver();
  return { deal: desk.deal, now: turns.now, touched: desk.touched(), outcomes };
}

/** The place in the queue of a claim that has just joined it: 1 is the next. */
export function positionIn({ deal, touched }: Turned, { number }: Claim): number {
  const later = touched.filter(({ state, number: other }) => state.kind === "queued" && other > number);
  return deal.waiting - later.length;
}

class Desk {
  deal: RunningDeal;
  readonly #now: Date;
  readonly #members: ReadonlySet<string>;
  readonly #claims: Map<string, Claim>;
  readonly #claimsOf = new Map<string, string[]>();
  readonly #touched = new Set<string>();

  constructor({ deal, now, claims, members }: Turns) {
    this.deal = deal;
    this.#now = now;
    this.#members = members;
    this.#claims = new Map(claims.map((claim) => [claim.claimId, claim]));
    for (const claim of this.#claims.values()) this.#note(claim);
  }

  touched(): Claim[] {
    return [...this.#touched].flatMap((claimId) => this.#claims.get(claimId) ?? []);
  }

  expire(): void {
    for (const claim of this.#claims.values()) {
      if (claim.state.kind !== "granted") continue;
      if (claim.state.expiresAt <= this.#now) this.#change(claim, { kind: "expire" });
    }
  }

  handOver(): void {
    if (!isOpen(this.deal, this.#now)) return;
    const queue = [...this.#claims.values()].filter(({ state }) => state.kind === "queued");
    const free = this.deal.slots - this.deal.taken;
    const expiresAt = new Date(this.#now.getTime() + this.deal.claimSeconds * 1_000);
    for (const claim of queue.sort((a, b) => a.number - b.number).slice(0, free))
      this.#change(claim, { kind: "grant", expiresAt });
  }

  answer(request: TurnRequest): Outcome {
    if (request.kind === "claim") return this.#join(request);
    const claim = this.#claims.get(request.claimId);
    if (!claim) return { refused: { reason: "unknown" } };
    switch (request.kind) {
      case "giveBack":
        if (claim.state.kind === "ordered" || claim.state.kind === "sold") return { refused: { reason: "ordered" } };
        return this.#change(claim, { kind: "giveBack" });
      case "order":
        return this.#order(claim, request);
      case "sell":
      case "cancel":
      case "restore":
        return this.#change(claim, { kind: request.kind, orderId: request.orderId });
      default:
        return request satisfies never;
    }
  }

  #join({ claimId, customerId, requestKey }: TurnRequest & { kind: "claim" }): Outcome {
    const own = (this.#claimsOf.get(customerId) ?? []).flatMap((id) => this.#claims.get(id) ?? []);
    const before = own.find((claim) => requestKey !== null && claim.requestKey === requestKey);
    if (before) return { claimId: before.claimId };
    const status = statusOf(this.deal, this.#now);
    if (status === "upcoming") return { refused: { reason: "not_started" } };
    if (status === "ended") return { refused: { reason: "ended" } };
    if (status === "members" && !this.#members.has(customerId)) return { refused: { reason: "members_first" } };
    const live = own.filter(({ state }) => isLive(state));
    if (live.length >= this.deal.perCustomer)
      return { refused: { reason: "has_claims", claimIds: live.map((claim) => claim.claimId) } };
    if (this.deal.waiting >= dealLimits.DEAL_QUEUE) return { refused: { reason: "queue_full" } };
    const number = this.deal.lastNumber + 1;
    this.deal = { ...this.deal, lastNumber: number, waiting: this.deal.waiting + 1 };
    const { dealId } = this.deal;
    const state = { kind: "queued" } as const;
    const claim = { claimId, dealId, customerId, number, requestKey, state, grantedAt: null, endedAt: null };
    this.#note(claim);
    this.#keep(claim);
    return { claimId };
  }

  #order(claim: Claim, { customerId, use }: TurnRequest & { kind: "order" }): Outcome {
    const { claimId, state } = claim;
    if (claim.customerId !== customerId) return { refused: { reason: "unknown" } };
    if (isFor(state, use.orderId) && isLive(state)) return { claimId };
    if (state.kind === "ordered" || state.kind === "sold") return { refused: { reason: "ordered" } };
    if (state.kind !== "granted" || this.deal.stoppedAt !== null) return { refused: { reason: "ended" } };
    return this.#change(claim, { kind: "order", use });
  }

  #change(claim: Claim, change: ClaimChange): Outcome {
    const { claimId, state: before } = claim;
    const state = afterChange(before, change);
    if (state === before) return { claimId };
    const { taken, waiting } = this.deal;
    const slots = Number(holdsSlot(state)) - Number(holdsSlot(before));
    const queued = Number(state.kind === "queued") - Number(before.kind === "queued");
    this.deal = { ...this.deal, taken: taken + slots, waiting: waiting + queued };
    const grantedAt = change.kind === "grant" ? this.#now : claim.grantedAt;
    this.#keep({ ...claim, state, grantedAt, endedAt: isLive(state) ? null : this.#now });
    return { claimId };
  }

  #note({ claimId, customerId }: Claim): void {
    const known = this.#claimsOf.get(customerId);
    if (known) known.push(claimId);
    else this.#claimsOf.set(customerId, [claimId]);
  }

  #keep(claim: Claim): void {
    this.#claims.set(claim.claimId, claim);
    this.#touched.add(claim.claimId);
  }
}

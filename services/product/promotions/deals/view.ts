import { toMajor } from "#lib/contract/money.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { DealRow } from "./deals.store.ts";
import type { Claim } from "./domain/claim.ts";
import { claimedPercent, type Deal, isOpen, statusOf } from "./domain/deal.ts";
import type { dealActions } from "./domain/deal-actions.ts";

type Actions = typeof dealActions;

export function dealView(row: DealRow): ResultOf<Actions["deal"]> {
  const { dealId, sku, currency, priceMinor, slots, perCustomer, startsAt, endsAt, membersFrom, stoppedAt, now } = row;
  return {
    dealId,
    sku,
    price: toMajor(priceMinor, currency),
    currency,
    slots,
    perCustomer,
    claimedPercent: claimedPercent(row),
    startsAt: startsAt.toISOString(),
    endsAt: (stoppedAt ?? endsAt).toISOString(),
    ...(membersFrom ? { membersFrom: membersFrom.toISOString() } : {}),
    status: statusOf(row, now),
  };
}

/** @param position in the queue; null when it is not there */
export function claimView(
  { claimId, state }: Claim,
  deal: Deal,
  now: Date,
  position: number | null,
): ResultOf<Actions["dealClaim"]> {
  switch (state.kind) {
    case "queued":
      if (!isOpen(deal, now)) return { claimId, status: "ended" };
      return { claimId, status: "queued", ...(position === null ? {} : { position }) };
    case "granted":
      if (state.expiresAt <= now || deal.stoppedAt !== null) return { claimId, status: "ended" };
      return { claimId, status: "granted", expiresAt: state.expiresAt.toISOString() };
    case "ordered":
    case "sold":
      return { claimId, status: state.kind, orderId: state.use.orderId };
    case "ended":
      return { claimId, status: "ended" };
    default:
      return state satisfies never;
  }
}

import { toMajor } from "#lib/contract/money.ts";
import { availableMinor, type StoredValue } from "./domain/stored-value.ts";
import type { GiftCard, StoredEntry } from "./stored-value.store.ts";

/** A gift card as staff see it. */
export function giftCardViewOf(card: GiftCard) {
  const { currency } = card;
  const available = availableMinor(card);
  const status = card.isDisabled ? ("disabled" as const) : available > 0 ? ("active" as const) : ("spent" as const);
  return {
    giftCardId: card.accountId,
    last4: card.last4,
    status,
    amount: toMajor(card.issuedMinor, currency),
    ...balancesOf(card),
    createdAt: card.createdAt.toISOString(),
  };
}

export function creditViewOf(account: StoredValue) {
  return balancesOf(account);
}

function balancesOf({ currency, balanceMinor, reservedMinor }: StoredValue) {
  return {
    balance: toMajor(balanceMinor - reservedMinor, currency),
    reserved: toMajor(reservedMinor, currency),
    currency,
  };
}

export function entryViewOf({ kind, currency, paymentId, orderId, reason, at, ...entry }: StoredEntry) {
  return {
    kind,
    amount: toMajor(Math.abs(entry.balanceMinor || entry.reservedMinor), currency),
    ...(paymentId === null ? {} : { paymentId }),
    ...(orderId === null ? {} : { orderId }),
    ...(reason === null ? {} : { reason }),
    at: at.toISOString(),
  };
}

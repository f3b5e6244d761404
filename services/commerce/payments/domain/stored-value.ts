import type { Decline, Payment } from "./payment.ts";
import { positionsOf } from "./split.ts";
import { accountOf } from "./tender.ts";

export const ENTRY_KINDS = ["issued", "reserved", "released", "spent", "refunded", "forfeited"] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** A gift card, or the store credit of a customer in one currency. Amounts are minor units. */
export interface StoredValue {
  accountId: string;
  kind: "giftCard" | "storeCredit";
  currency: string;
  balanceMinor: number;
  /** A part of the balance. */
  reservedMinor: number;
  isDisabled: boolean;
}

/** A change of an account by a payment. */
export interface Entry {
  accountId: string;
  kind: EntryKind;
  balanceMinor: number;
  reservedMinor: number;
}

type Owned = { customerId: string; currency: string };

/** What can be promised to a new payment. */
export function availableMinor({ balanceMinor, reservedMinor, isDisabled }: StoredValue): number {
  return isDisabled ? 0 : balanceMinor - reservedMinor;
}

/** The accounts of a payment. */
export function accountsOf(payment: Payment, { customerId, currency }: Owned): string[] {
  return payment.parts.map((part) => accountOf(part, customerId, currency));
}

/**
 * The entries that lead from a payment to what has become of it. The caller applies them in the transaction that moves the
 * payment. @param before undefined for a new payment
 */
export function entriesOf(before: Payment | undefined, after: Payment, owned: Owned): Entry[] {
  const earlier = before && positionsOf(before);
  const later = positionsOf(after);
  return accountsOf(after, owned).flatMap((accountId, i) => {
    const spent = (later[i]?.spentMinor ?? 0) - (earlier?.[i]?.spentMinor ?? 0);
    const taken = Math.max(0, spent);
    // What is spent was reserved before. Whatever else changes was reserved or released.
    const reserved = (later[i]?.reservedMinor ?? 0) - (earlier?.[i]?.reservedMinor ?? 0) + taken;
    const entries: Entry[] = [
      { accountId, kind: "spent", balanceMinor: 0 - taken, reservedMinor: 0 - taken },
      { accountId, kind: "refunded", balanceMinor: Math.max(0, -spent), reservedMinor: 0 },
      { accountId, kind: reserved > 0 ? "reserved" : "released", balanceMinor: 0, reservedMinor: reserved },
    ];
    return entries.filter(({ balanceMinor, reservedMinor }) => balanceMinor !== 0 || reservedMinor !== 0);
  });
}

/** An account after an entry. */
export function afterEntry<A extends StoredValue>(account: A, entry: Entry): A {
  return {
    ...account,
    balanceMinor: account.balanceMinor + entry.balanceMinor,
    reservedMinor: account.reservedMinor + entry.reservedMinor,
  };
}

/**
 * Why an account cannot pay its part of a new payment; undefined if it can.
 * @param releasedMinor what the payment that this one replaces has just released: it stays with its order, whatever has
 * become of the account
 */
export function refusalOf(
  account: StoredValue | undefined,
  amountMinor: number,
  releasedMinor: number,
): Decline | undefined {
  if (amountMinor <= releasedMinor) return undefined;
  if (account && availableMinor(account) >= amountMinor) return undefined;
  if (account?.kind === "storeCredit" || !account) {
    return { code: "store_credit_insufficient", message: "The store credit does not suffice any more." };
  }
  return account.isDisabled
    ? { code: "gift_card_disabled", message: "The gift card cannot be used any more." }
    : { code: "gift_card_insufficient", message: "The balance of the gift card does not suffice any more." };
}

import { availableMinor, type StoredValue } from "./stored-value.ts";

/** A gift card that a purchase names. */
export interface NamedCard extends StoredValue {
  last4: string;
}

export type PlannedTender =
  | { type: "giftCard"; giftCardId: string; last4: string; amountMinor: number }
  | { type: "storeCredit"; amountMinor: number };

export interface Plan {
  tenders: PlannedTender[];
  /** What is wrong with which code. */
  problems: { index: number; message: string }[];
}

/**
 * What each gift card, and then store credit, pays of a total: as much as it can, in this sequence. One that is not needed
 * pays nothing.
 * @param cards in the sequence of the codes; undefined: there is none with the code
 */
export function planTenders(
  cards: readonly (NamedCard | undefined)[],
  credit: StoredValue | undefined,
  { currency, totalMinor, useCredit }: { currency: string; totalMinor: number; useCredit: boolean },
): Plan {
  const plan: Plan = { tenders: [], problems: [] };
  let left = totalMinor;
  for (const [index, card] of cards.entries()) {
    const isRepeated = card && cards.findIndex((other) => other?.accountId === card.accountId) < index;
    const message = isRepeated ? "is the code of a gift card that was named before" : problemOf(card, currency);
    if (message !== undefined) plan.problems.push({ index, message });
    if (!card || isRepeated) continue;
    const amountMinor = message === undefined ? Math.min(left, availableMinor(card)) : 0;
    left -= amountMinor;
    plan.tenders.push({ type: "giftCard", giftCardId: card.accountId, last4: card.last4, amountMinor });
  }
  if (useCredit) {
    plan.tenders.push({ type: "storeCredit", amountMinor: credit ? Math.min(left, availableMinor(credit)) : 0 });
  }
  return plan;
}

function problemOf(card: NamedCard | undefined, currency: string): string | undefined {
  if (!card) return "is not the code of a gift card";
  if (card.isDisabled) return "is the code of a gift card that cannot be used any more";
  if (card.currency !== currency)
    return `is the code of a gift card in ${card.currency}, and the order is in ${currency}`;
  return availableMinor(card) === 0 ? "is the code of a gift card that has nothing left" : undefined;
}

import { isOverBudget, type Refusal, refusalByConditions, type Uses } from "./check-terms.ts";
import { type NoEffect, type Shares, sharesOf } from "./effects.ts";
import { bySequence, itemsOf, type Promotion } from "./promotion.ts";
import { isMeant, type Purchase } from "./purchase.ts";
import type { LeftLine } from "./taken-pieces.ts";

/** A promotion that may hold for a purchase. */
export interface Candidate {
  promotion: Promotion;
  /** By which it was asked for, as the buyer wrote it. */
  code?: string | undefined;
  uses: Uses;
  /** Why it cannot be used, whatever is bought. */
  refusal?: Refusal | undefined;
}

export interface Applied {
  candidate: Candidate;
  amountMinor: number;
  /** Of each line of the purchase, in its sequence. */
  shares: readonly number[];
}

export interface Priced {
  applied: readonly Applied[];
  /** What can be had without taking anything off an item that is there. */
  freeShipping: readonly Candidate[];
  /** Gifts that are not in the purchase yet. */
  gifts: readonly { candidate: Candidate; sku: string }[];
  unused: readonly { candidate: Candidate; refusal: Refusal }[];
}

/**
 * What promotions take off a purchase. The buyer gets the best exclusive promotion alone, or all stackable ones one after
 * the other, each off what is left: whichever is more. Neither the sequence of the lines nor that of the candidates matters.
 */
export function priceWithPromotions(purchase: Purchase, candidates: readonly Candidate[]): Priced {
  const places = purchase.lines.map((_, place) => place).sort((a, b) => compareLines(purchase, a, b));
  const sorted = { ...purchase, lines: places.flatMap((place) => purchase.lines[place] ?? []) };
  const inSequence = candidates.toSorted((a, b) => bySequence(a.promotion, b.promotion));
  const [exclusive, stackable] = [true, false].map((kind) =>
    inSequence.filter(({ promotion }) => promotion.exclusive === kind),
  ) as [Candidate[], Candidate[]];
  const whole = sorted.lines.map((line) => ({ ...line, leftMinor: line.quantity * line.priceMinor }));
  const together = evaluate(sorted, whole, stackable);
  const alone = exclusive.map((candidate) => evaluate(sorted, whole, [candidate]));
  const best = alone.reduce((best, other) => (isBetter(other, best) ? other : best), together);
  const others = [together, ...alone].filter((other) => other !== best);
  return {
    ...best,
    applied: best.applied.map((one) => ({ ...one, shares: unsorted(one.shares, places) })),
    unused: [...best.unused, ...others.flatMap(losersOf)].sort((a, b) =>
      bySequence(a.candidate.promotion, b.candidate.promotion),
    ),
  };
}

/** Applies promotions one after the other. */
function evaluate(purchase: Purchase, whole: readonly LeftLine[], candidates: readonly Candidate[]): Priced {
  let lines = whole;
  const applied: Applied[] = [];
  const freeShipping: Candidate[] = [];
  const gifts: { candidate: Candidate; sku: string }[] = [];
  const unused: Loser[] = [];
  for (const candidate of candidates) {
    const outcome = outcomeOf(candidate, purchase, lines);
    if ("reason" in outcome) {
      unused.push({ candidate, refusal: outcome });
      continue;
    }
    const { effect } = candidate.promotion;
    if (effect.type === "freeShipping") freeShipping.push(candidate);
    else if (outcome.amountMinor > 0) applied.push({ candidate, ...outcome });
    else if (effect.type === "gift" && !lines.some(({ sku }) => sku === effect.sku))
      gifts.push({ candidate, sku: effect.sku });
    else unused.push({ candidate, refusal: { reason: "other_is_better" } }); // nothing is left that it could take off
    if (outcome.amountMinor > 0 && candidate !== candidates.at(-1)) lines = lines.map(lessBy(outcome.shares));
  }
  return { applied, freeShipping, gifts, unused };
}

const lessBy =
  (shares: Shares) =>
  (line: LeftLine, i: number): LeftLine => ({ ...line, leftMinor: line.leftMinor - (shares[i] ?? 0) });

type Loser = Priced["unused"][number];

function outcomeOf(
  { promotion, uses, refusal }: Candidate,
  purchase: Purchase,
  lines: readonly LeftLine[],
): Refusal | { amountMinor: number; shares: Shares } {
  const refused = refusal ?? refusalByConditions(promotion, purchase);
  if (refused) return refused;
  const choice = itemsOf(promotion);
  const shares: Shares | NoEffect = sharesOf(promotion.effect, lines, (line) => isMeant(line, choice));
  if (typeof shares === "string") return { reason: shares };
  const amountMinor = shares.reduce((sum, share) => sum + share, 0);
  return isOverBudget(promotion, uses, amountMinor) ? { reason: "budget_spent" } : { amountMinor, shares };
}

/** More money off, or the same with more besides it. */
function isBetter(a: Priced, b: Priced): boolean {
  const extras = ({ freeShipping, gifts }: Priced) => freeShipping.length + gifts.length;
  return (amountOf(a) - amountOf(b) || extras(a) - extras(b)) > 0;
}

function amountOf({ applied }: Priced): number {
  return applied.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** Promotions that are not given because others are, or that would not have held anyway. */
function losersOf({ applied, freeShipping, gifts, unused }: Priced): Loser[] {
  const held = [
    ...applied.map(({ candidate }) => candidate),
    ...freeShipping,
    ...gifts.map(({ candidate }) => candidate),
  ];
  return [...unused, ...held.map((candidate) => ({ candidate, refusal: { reason: "other_is_better" } as const }))];
}

/** Lines that are alike in everything that counts may change places. */
function compareLines({ lines }: Purchase, a: number, b: number): number {
  const [first, second] = [lines[a], lines[b]];
  if (!first || !second) return 0;
  if (first.sku !== second.sku) return first.sku < second.sku ? -1 : 1;
  return first.priceMinor - second.priceMinor || first.quantity - second.quantity || a - b;
}

/** From the sequence in which lines are looked at back to that of the purchase. */
function unsorted(shares: readonly number[], places: readonly number[]): number[] {
  const own = shares.map(() => 0);
  for (const [i, place] of places.entries()) own[place] = shares[i] ?? 0;
  return own;
}

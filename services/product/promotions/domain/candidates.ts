import { refusalByUse, type Uses } from "./check-terms.ts";
import { keyOf } from "./codes.ts";
import type { Candidate } from "./engine.ts";
import { conditionOf, type Promotion } from "./promotion.ts";
import type { Reason } from "./reasons.ts";

/** A code that the buyer has entered, and what it stands for. */
export interface EnteredCode {
  code: string;
  /** Undefined: no promotion has it. */
  promotion: Promotion | undefined;
  isUsed: boolean;
}

/** A code that cannot help, whatever is in the cart. */
export interface UselessCode {
  code: string;
  promotion?: Promotion | undefined;
  reason: Reason;
}

/** What the codes of a request stand for, each code once. */
export function enteredCodes(
  codes: readonly string[],
  known: ReadonlyMap<string, { promotion: Promotion; orderId: string | null }>,
): EnteredCode[] {
  const first = new Map(codes.toReversed().map((code) => [keyOf(code), code.trim()]));
  return [...first].toReversed().map(([key, code]) => ({
    code,
    promotion: known.get(key)?.promotion,
    isUsed: (known.get(key)?.orderId ?? null) !== null,
  }));
}

/** Of several codes of one promotion, the first that was not used counts. */
export function chooseCodes(entered: readonly EnteredCode[]): {
  chosen: ReadonlyMap<string, { promotion: Promotion; code: string }>;
  useless: UselessCode[];
} {
  const chosen = new Map<string, { promotion: Promotion; code: string }>();
  const useless: UselessCode[] = [];
  for (const { code, promotion, isUsed } of entered) {
    if (!promotion) useless.push({ code, reason: "unknown_code" });
    else if (isUsed) useless.push({ code, promotion, reason: "code_used" });
    else if (chosen.has(promotion.promotionId)) useless.push({ code, promotion, reason: "other_is_better" });
    else chosen.set(promotion.promotionId, { promotion, code });
  }
  return { chosen, useless };
}

const UNUSED: Uses = { uses: 0, spentMinor: 0, byCustomer: 0 };

/** Whether it matters how often a promotion was used. */
export function isLimited(promotion: Promotion): boolean {
  const { usageLimit, usagePerCustomer, budgetMinor } = promotion;
  return (usageLimit ?? usagePerCustomer ?? budgetMinor) !== null || conditionOf(promotion, "firstOrder") !== undefined;
}

/** Promotions with what is known of their use. */
export function candidatesOf(
  promotions: readonly { promotion: Promotion; code?: string }[],
  usesOf: ReadonlyMap<string, Uses>,
  hasAccount: boolean,
  now: Date,
): Candidate[] {
  return promotions.map(({ promotion, code }) => {
    const uses = usesOf.get(promotion.promotionId) ?? UNUSED;
    return { promotion, code, uses, refusal: refusalByUse(promotion, uses, hasAccount, now) };
  });
}

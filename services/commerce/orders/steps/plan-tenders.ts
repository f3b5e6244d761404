import { DomainError, validationError } from "#lib/contract/errors.ts";
import { maxMinor } from "#lib/contract/money.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import { type Line, orderTotalMinor } from "../domain/lines.ts";
import type { Tax, Tender } from "../domain/terms.ts";

interface Wanted {
  customerId: string;
  /** Of a guest. */
  email: string | null;
  lines: readonly Line[];
  taxes: readonly Tax[];
  currency: string;
  giftCards?: readonly string[] | undefined;
  storeCredit?: boolean | undefined;
}

/** Which part of a purchase gift cards and store credit pay; and why they cannot, if they cannot. */
export interface PlannedTenders {
  /** Each card that the purchase names, and store credit if it does: also those that pay nothing. */
  tenders: readonly Tender[];
  problem: DomainError | undefined;
}

const NOTHING: PlannedTenders = { tenders: [], problem: undefined };

/** Asks payments, if the purchase names gift cards or store credit. @throws DomainError VALIDATION_FAILED, RATE_LIMITED */
export async function planTenders(ctx: Pick<ActionContext, "call">, wanted: Wanted): Promise<PlannedTenders> {
  const { customerId, email, lines, taxes, currency, giftCards = [], storeCredit = false } = wanted;
  if (giftCards.length === 0 && !storeCredit) return NOTHING;
  if (storeCredit && email !== null) {
    throw validationError("Guests have no store credit.", [{ path: "/storeCredit", message: "is for customers only" }]);
  }
  const total = orderTotalMinor(lines, taxes, maxMinor(currency)) ?? maxMinor(currency); // too large a total is refused later
  const asked = { customerId, codes: [...giftCards], storeCredit, currency, totalMinor: total };
  const { tenders, problems } = await ctx.call("payments.planTenders", asked);
  const errors = problems.map(({ index, message }) => ({ path: `/giftCards/${index}`, message }));
  const [first] = errors;
  const problem = first && new DomainError("GIFT_CARD_INVALID", `${first.path} ${first.message}.`, { errors });
  return { tenders, problem };
}

import { addressKey } from "#lib/client-address.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import { hashOfCode } from "../domain/gift-card-code.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { PaymentsDeps } from "../setup.ts";
import { findCards, type GiftCard } from "../stored-value.store.ts";

/**
 * The cards with these codes, in the same sequence. Each wrong code counts, and an address with too many of them gets no
 * answer any more, not even about right ones. Codes cannot be guessed anyway; this stops those who try.
 * @throws DomainError RATE_LIMITED
 */
export async function cardsOf(
  { db, deps, env, address }: ActionContext<PaymentsDeps>,
  codes: readonly string[],
): Promise<(GiftCard | undefined)[]> {
  const key = addressKey(address);
  const isLimited = env.RATE_LIMIT === "on";
  if (isLimited) refuseTooMany(await deps.wrongCodes.read(key));
  const hashes = codes.map(hashOfCode);
  const cards = await findCards(db, hashes);
  const found = hashes.map((hash) => cards.get(hash));
  const wrong = found.filter((card) => card === undefined).length;
  if (isLimited) for (let counted = 0; counted < wrong; counted++) await deps.wrongCodes.add(key);
  return found;
}

function refuseTooMany({ count, endsInMs }: { count: number; endsInMs: number }): void {
  if (count < paymentLimits.GIFT_CARD_WRONG_CODES) return;
  throw new DomainError("RATE_LIMITED", "Too many wrong codes of gift cards: please wait.", {
    retryAfterSeconds: Math.ceil(endsInMs / 1_000),
  });
}

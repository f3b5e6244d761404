import { randomBytes } from "node:crypto";
import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { toMajor } from "#lib/contract/money.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { payments } from "../contract.ts";
import { CODE_BYTES, codeFrom, hashOfCode, last4Of } from "../domain/gift-card-code.ts";
import { availableMinor } from "../domain/stored-value.ts";
import type { PaymentsDeps } from "../setup.ts";
import { cardsOf } from "../steps/find-cards.ts";
import { requestedAmount } from "../steps/request-operation.ts";
import {
  disableCard,
  insertGiftCard,
  listCards,
  listEntries,
  lockStoredValue,
  readCard,
} from "../stored-value.store.ts";
import { entryViewOf, giftCardViewOf } from "../stored-value-view.ts";

type Actions = typeof payments.actions;

/** The code is in this answer only. The answer is kept for repeated requests, until idempotency keys expire. */
export const issueGiftCard: Handler<Actions["issueGiftCard"], PaymentsDeps> = transactional(async (ctx, params) => {
  const { currency } = params;
  const amountMinor = requestedAmount(params.amount, currency);
  const giftCardId = newId("giftCard");
  const code = codeFrom(randomBytes(CODE_BYTES));
  return ctx.transaction(async (tx) => {
    await insertGiftCard(tx, { giftCardId, currency, codeHash: hashOfCode(code), last4: last4Of(code), amountMinor });
    tx.emit(payments.events.GiftCardIssued, { giftCardId, amount: params.amount, currency });
    return { giftCardId, code };
  });
});

export const giftCardBalance: Handler<Actions["giftCardBalance"], PaymentsDeps> = async (ctx, { code }) => {
  const [card] = await cardsOf(ctx, [code]);
  if (!card) throw new DomainError("NOT_FOUND");
  return { balance: toMajor(availableMinor(card), card.currency), currency: card.currency };
};

export const listGiftCards: Handler<Actions["listGiftCards"], PaymentsDeps> = async ({ db }, params) => {
  const { page, limit, offset } = paging(params);
  const { total, cards } = await listCards(db, { limit, offset });
  return { giftCards: cards.map(giftCardViewOf), pagination: { page, limit, total } };
};

export const giftCardEntries: Handler<Actions["giftCardEntries"], PaymentsDeps> = async ({ db }, params) => {
  const { giftCardId } = params;
  if (!(await readCard(db, giftCardId))) throw new DomainError("NOT_FOUND");
  const { page, limit, offset } = paging(params);
  const { total, entries } = await listEntries(db, [giftCardId], { limit, offset });
  return { entries: entries.map(entryViewOf), pagination: { page, limit, total } };
};

/**
 * What is left of the card ends, except what orders have reserved: these orders go on. Money that comes back to the card
 * later can be ended by the same request.
 */
export const disableGiftCard: Handler<Actions["disableGiftCard"], PaymentsDeps> = transactional(
  async (ctx, { giftCardId }) =>
    ctx.transaction(async (tx) => {
      const [account] = await lockStoredValue(tx, [giftCardId]);
      if (account?.kind !== "giftCard") throw new DomainError("NOT_FOUND");
      const forfeitedMinor = account.balanceMinor - account.reservedMinor;
      await disableCard(tx, giftCardId, forfeitedMinor);
      const amount = toMajor(forfeitedMinor, account.currency);
      if (forfeitedMinor > 0) {
        tx.emit(payments.events.GiftCardDisabled, { giftCardId, amount, currency: account.currency });
      }
      const card = await readCard(tx, giftCardId);
      if (!card) throw new Error(`${giftCardId} is missing.`);
      return giftCardViewOf(card);
    }),
);

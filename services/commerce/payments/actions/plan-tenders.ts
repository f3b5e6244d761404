import type { Handler } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { planTenders as plan } from "../domain/plan-tenders.ts";
import { storeCreditAccount } from "../domain/tender.ts";
import type { PaymentsDeps } from "../setup.ts";
import { cardsOf } from "../steps/find-cards.ts";
import { readAccount } from "../stored-value.store.ts";

/** Reserves nothing: the payment does, and fails if the balances do not suffice any more. */
export const planTenders: Handler<typeof payments.actions.planTenders, PaymentsDeps> = async (
  ctx,
  { customerId, codes, storeCredit, currency, totalMinor },
) => {
  const cards = codes.length > 0 ? await cardsOf(ctx, codes) : [];
  const credit = storeCredit ? await readAccount(ctx.db, storeCreditAccount(customerId, currency)) : undefined;
  return plan(cards, credit, { currency, totalMinor, useCredit: storeCredit });
};

import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { payments } from "../contract.ts";
import { storeCreditAccount } from "../domain/tender.ts";
import type { PaymentsDeps } from "../setup.ts";
import { requestedAmount } from "../steps/request-operation.ts";
import { grantCredit, listCredit, listEntries } from "../stored-value.store.ts";
import { creditViewOf, entryViewOf } from "../stored-value-view.ts";

type Actions = typeof payments.actions;

export const grantStoreCredit: Handler<Actions["grantStoreCredit"], PaymentsDeps> = transactional(
  async (ctx, { customerId, amount, currency, reason }) => {
    const amountMinor = requestedAmount(amount, currency);
    const { customerIds } = await ctx.call("customers.findExisting", { customerIds: [customerId] });
    if (customerIds.length === 0) throw new DomainError("NOT_FOUND", "There is no such customer.");
    const storeCreditId = newId("storeCredit");
    return ctx.transaction(async (tx) => {
      const accountId = storeCreditAccount(customerId, currency);
      const grant = { accountId, customerId, currency, amountMinor, grantId: storeCreditId, reason };
      const account = await grantCredit(tx, grant);
      tx.emit(payments.events.StoreCreditGranted, { storeCreditId, customerId, amount, currency, reason });
      return { storeCreditId, ...creditViewOf(account) };
    });
  },
);

export const readStoreCredit: Handler<Actions["readStoreCredit"], PaymentsDeps> = async ({ db }, params) => {
  const accounts = await listCredit(db, params.customerId);
  const { page, limit, offset } = paging(params);
  const accountIds = accounts.map(({ accountId }) => accountId);
  const { total, entries } = await listEntries(db, accountIds, { limit, offset });
  return {
    balances: accounts.map(creditViewOf),
    entries: entries.map((entry) => ({ ...entryViewOf(entry), currency: entry.currency })),
    pagination: { page, limit, total },
  };
};

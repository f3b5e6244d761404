import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { customers } from "../contract.ts";
import { findPreferences, lockCustomer, savePreferences } from "../customers.store.ts";

export const getPreferences: Handler<typeof customers.actions.getPreferences> = async (ctx, { customerId }) => {
  const preferences = await findPreferences(ctx.db, customerId);
  if (!preferences) throw new DomainError("NOT_FOUND");
  return preferences;
};

export const setPreferences: Handler<typeof customers.actions.setPreferences> = transactional(
  (ctx, { customerId, ...preferences }) =>
    ctx.transaction(async (tx) => {
      await lockCustomer(tx, customerId);
      await savePreferences(tx, customerId, preferences);
      tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: ["preferences"] });
      return preferences;
    }),
);

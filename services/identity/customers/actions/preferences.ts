import { Problem } from "../../../../mixins/errors.ts";
import type { Handler } from "../../../../mixins/service.ts";
import { customers } from "../contract.ts";
import { findPreferences, lockCustomer, savePreferences } from "../customers.store.ts";

export const getPreferences: Handler<typeof customers.actions.getPreferences> = async (ctx, { customerId }) => {
  const preferences = await findPreferences(ctx.db, customerId);
  if (!preferences) throw new Problem("NOT_FOUND");
  return preferences;
};

export const setPreferences: Handler<typeof customers.actions.setPreferences> = (ctx, { customerId, ...preferences }) =>
  ctx.transaction(async (tx) => {
    await lockCustomer(tx, customerId);
    await savePreferences(tx, customerId, preferences);
    tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: ["preferences"] });
    return preferences;
  });

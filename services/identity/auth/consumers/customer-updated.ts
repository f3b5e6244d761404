import { on } from "#mixins/service/consumers.ts";
import { changeEmail } from "../auth.store.ts";

/**
 * A customer logs in with the email address the profile shows. When somebody else has just left that address and their
 * own event is still on its way, the unique index refuses, and the event is tried again.
 */
export const customerUpdated = on("customers.CustomerUpdated", async (ctx, { data }) => {
  if (data.email !== undefined) await changeEmail(ctx.tx, data.customerId, data.email);
});

import { on } from "#mixins/service/consumers.ts";
import { updateEmail } from "../auth.store.ts";

/**
 * A customer logs in with the email address of the profile. When another customer has just given up that address and the
 * event about it has not arrived yet, the unique index refuses the change, and this event is retried.
 */
export const customerUpdated = on("customers.CustomerUpdated", async (ctx, { data }) => {
  if (data.email !== undefined) await updateEmail(ctx.tx, data.customerId, data.email);
});

import { on } from "#mixins/service/consumers.ts";
import { activateCredentials } from "../auth.store.ts";

/** For the case that `auth.activateCredential` was not reached: a customer who exists can log in. */
export const customerCreated = on("customers.CustomerCreated", async (ctx, { data }) =>
  activateCredentials(ctx.tx, [data.customerId]),
);

import { on } from "#mixins/service/consumers.ts";
import { activate } from "../auth.store.ts";

/** The safety net behind `auth.activateCredential`: a customer who exists can log in. */
export const customerCreated = on("customers.CustomerCreated", async (ctx, { data }) =>
  activate(ctx.tx, [data.customerId]),
);

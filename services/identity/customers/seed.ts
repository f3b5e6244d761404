import { demoAccounts } from "#config/demo.ts";
import { isDomainError } from "#lib/contract/errors.ts";
import { demoSeed } from "#mixins/service/demo-seed.ts";
import { isEmpty } from "./customers.store.ts";

/** The demonstration customer. */
export const seedDemo = demoSeed(isEmpty, async (ctx) => {
  try {
    await ctx.call("customers.create", demoAccounts.customer);
  } catch (error) {
    if (!isDomainError(error, "EMAIL_TAKEN")) throw error; // another node that started at the same time was faster
  }
});

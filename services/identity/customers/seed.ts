import { demoAccounts } from "#config/demo.ts";
import { isDomainError } from "#lib/contract/errors.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { customersExist } from "./customers.store.ts";

/** The demonstration customer, where there are no customers yet. */
export async function seedDemoCustomer(ctx: ServiceContext): Promise<void> {
  if (ctx.env.production || ctx.env.SEED_DEMO === "off" || (await customersExist(ctx.db))) return;
  try {
    await ctx.call("customers.create", demoAccounts.customer);
  } catch (error) {
    if (!isDomainError(error, "EMAIL_TAKEN")) throw error; // another node that started at the same time was faster
  }
}

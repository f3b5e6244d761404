import { demoAccounts } from "#config/demo.ts";
import { isDomainError } from "#lib/contract/errors.ts";
import { demoSeed } from "#mixins/service/demo-seed.ts";
import { registerCustomer } from "./actions/create-customer.ts";
import { isEmpty } from "./customers.store.ts";

const { customerId, addressId, ...account } = demoAccounts.customer;

/** The demonstration customer. */
export const seedDemo = demoSeed(isEmpty, async (ctx) => {
  try {
    await registerCustomer(ctx, customerId, addressId, account);
  } catch (error) {
    if (!isDomainError(error, "EMAIL_TAKEN")) throw error; // another node that started at the same time was faster
  }
});

import { withCountry } from "#lib/contract/address.ts";
import { normalEmail } from "#lib/contract/email.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import { type Handler, type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { customers } from "../contract.ts";
import { insertAddress, insertCustomer } from "../customers.store.ts";

export const createCustomer: Handler<typeof customers.actions.create> = transactional((ctx, params) =>
  registerCustomer(ctx, newId("customer"), newId("address"), params),
);

/**
 * Registers a customer in three steps. First auth stores the password under a new id, as a pending credential that
 * nobody can log in with. Then the customer is inserted; when two requests have the same email, its unique index lets
 * only one succeed. Then the credential is activated. After a crash in between, auth deletes the pending credential, or
 * the event CustomerCreated activates it. Credential and customer have the same id, so the password of the account is
 * always that of the request that succeeded.
 *
 * Whether the email is taken is not looked up first: so each such question counts as a registration from its address, and
 * nobody can ask for thousands of emails whether they are registered.
 */
export async function registerCustomer(
  ctx: ServiceContext & Transactions,
  customerId: string,
  addressId: string,
  params: ParamsOf<typeof customers.actions.create>,
): Promise<{ customerId: string }> {
  const { password, firstName, lastName, phone = null, address } = params;
  const email = normalEmail(params.email);
  await ctx.call("auth.addCredential", { kind: "customer", subjectId: customerId, email, password });
  const answer = await ctx.transaction(async (tx) => {
    await insertCustomer(tx, customerId, { email, firstName, lastName, phone });
    if (address) await insertAddress(tx, customerId, { addressId, ...withCountry(address, ctx.env.SHOP_COUNTRY) });
    tx.emit(customers.events.CustomerCreated, { customerId, email, firstName, lastName });
    return { customerId };
  });
  await activateCredential(ctx, customerId);
  return answer;
}

/** Lets the customer log in at once. The registration has succeeded already, so a failure here is only logged. */
async function activateCredential(ctx: ServiceContext, customerId: string): Promise<void> {
  try {
    await ctx.call("auth.activateCredential", { subjectId: customerId });
  } catch (error) {
    ctx.log.warn("A credential is not active yet; the event CustomerCreated will activate it.", {
      customerId,
      reason: String(error),
    });
  }
}

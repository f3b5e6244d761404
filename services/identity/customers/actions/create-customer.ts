import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type ActionContext, type Handler, transactional } from "#mixins/service/context.ts";
import { customers } from "../contract.ts";
import { emailIsTaken, insertAddress, insertCustomer } from "../customers.store.ts";

/**
 * Registers a customer. The credential is kept first, under an id nobody else has, and opens nothing yet; then the
 * customer is inserted, and the unique email decides who registered it; then the credential is activated. A crash in
 * between leaves a pending credential, which auth forgets, or a customer, whose event activates it. The password that
 * opens an account is always the one that came with the request that won, because the ids are the same.
 */
export const createCustomer: Handler<typeof customers.actions.create> = transactional(async (ctx, params) => {
  const { password, firstName, lastName, phone = null, address } = params;
  const email = params.email.toLowerCase();
  if (await emailIsTaken(ctx.db, email)) throw new DomainError("EMAIL_TAKEN"); // spares the costly hash
  const customerId = newId("customer");
  await ctx.call("auth.addCredential", { kind: "customer", subjectId: customerId, email, password });
  const answer = await ctx.transaction(async (tx) => {
    await insertCustomer(tx, customerId, { email, firstName, lastName, phone });
    if (address) await insertAddress(tx, customerId, { addressId: newId("address"), ...address });
    tx.emit(customers.events.CustomerCreated, { customerId, email, firstName, lastName });
    return { customerId };
  });
  await activate(ctx, customerId);
  return answer;
});

/** So that the customer can log in at once. The customer exists already, so a failure here is not theirs to see. */
async function activate(ctx: ActionContext, customerId: string): Promise<void> {
  try {
    await ctx.call("auth.activateCredential", { subjectId: customerId });
  } catch (error) {
    ctx.log.warn("A credential waits for its event to be activated.", { customerId, reason: String(error) });
  }
}

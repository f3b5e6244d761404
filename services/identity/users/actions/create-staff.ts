import { normalEmail } from "#lib/contract/email.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ParamsOf, ResultOf } from "#lib/contract/types.ts";
import { type Handler, type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { users } from "../contract.ts";
import { mayGrant } from "../domain/rights.ts";
import { emailIsTaken, findStaff, insertStaff, saveRoles, scopesOfRoles } from "../users.store.ts";
import { staffView } from "../view.ts";

export const createStaff: Handler<typeof users.actions.create> = transactional(async (ctx, params) => {
  if (!mayGrant(ctx.auth, await scopesOfRoles(ctx.db, params.roles))) {
    throw new DomainError("FORBIDDEN", "You can only give rights that you have yourself.");
  }
  return registerStaff(ctx, newId("staff"), params);
});

/** Creates a member of staff in the same three steps, and for the same reasons, as `customers.create`. */
export async function registerStaff(
  ctx: ServiceContext & Transactions,
  staffId: string,
  { password, name, roles, ...params }: ParamsOf<typeof users.actions.create>,
): Promise<ResultOf<typeof users.actions.create>> {
  const email = normalEmail(params.email);
  if (await emailIsTaken(ctx.db, email)) throw new DomainError("EMAIL_TAKEN");
  await ctx.call("auth.addCredential", { kind: "staff", subjectId: staffId, email, password });
  const view = await ctx.transaction(async (tx) => {
    await insertStaff(tx, { staffId, email, name });
    await saveRoles(tx, staffId, roles);
    tx.emit(users.events.StaffCreated, { staffId });
    const staff = await findStaff(tx, staffId);
    if (!staff) throw new Error(`${staffId} was inserted and cannot be read.`);
    return staffView(staff);
  });
  await activateCredential(ctx, staffId);
  return view;
}

async function activateCredential(ctx: ServiceContext, staffId: string): Promise<void> {
  try {
    await ctx.call("auth.activateCredential", { subjectId: staffId });
  } catch (error) {
    ctx.log.warn("A credential is not active yet; the event StaffCreated will activate it.", {
      staffId,
      reason: String(error),
    });
  }
}

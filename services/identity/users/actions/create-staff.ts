import { normalEmail } from "#lib/contract/email.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type ActionContext, type Handler, transactional } from "#mixins/service/context.ts";
import { users } from "../contract.ts";
import { mayGrant } from "../domain/rights.ts";
import { emailIsTaken, findStaff, insertStaff, saveRoles, scopesOfRoles } from "../users.store.ts";
import { staffView } from "../view.ts";

/** Creates a member of staff in the same three steps, and for the same reasons, as `customers.create`. */
export const createStaff: Handler<typeof users.actions.create> = transactional(
  async (ctx, { password, name, roles, ...params }) => {
    const email = normalEmail(params.email);
    if (!mayGrant(ctx.auth, await scopesOfRoles(ctx.db, roles))) {
      throw new DomainError("FORBIDDEN", "You can only give rights that you have yourself.");
    }
    if (await emailIsTaken(ctx.db, email)) throw new DomainError("EMAIL_TAKEN");
    const staffId = newId("staff");
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
  },
);

async function activateCredential(ctx: ActionContext, staffId: string): Promise<void> {
  try {
    await ctx.call("auth.activateCredential", { subjectId: staffId });
  } catch (error) {
    ctx.log.warn("A credential is not active yet; the event StaffCreated will activate it.", {
      staffId,
      reason: String(error),
    });
  }
}

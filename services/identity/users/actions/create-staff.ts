import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type ActionContext, type Handler, transactional } from "#mixins/service/context.ts";
import { users } from "../contract.ts";
import { mayGrant } from "../domain/rights.ts";
import { emailIsTaken, findStaff, insertStaff, saveRoles, scopesOfRoles } from "../users.store.ts";

/** Takes somebody on: the same three steps, in the same order and for the same reasons, as registering a customer. */
export const createStaff: Handler<typeof users.actions.create> = transactional(
  async (ctx, { password, name, roles, ...params }) => {
    const email = params.email.toLowerCase();
    if (!mayGrant(ctx.auth, await scopesOfRoles(ctx.db, roles))) {
      throw new DomainError("FORBIDDEN", "Only those who hold these rights may give them.");
    }
    if (await emailIsTaken(ctx.db, email)) throw new DomainError("EMAIL_TAKEN");
    const staffId = newId("staff");
    await ctx.call("auth.addCredential", { kind: "staff", subjectId: staffId, email, password });
    const view = await ctx.transaction(async (tx) => {
      await insertStaff(tx, { staffId, email, name });
      await saveRoles(tx, staffId, roles);
      tx.emit(users.events.StaffCreated, { staffId });
      const staff = await findStaff(tx, staffId);
      if (!staff) throw new DomainError("NOT_FOUND");
      return staff;
    });
    await activate(ctx, staffId);
    return view;
  },
);

async function activate(ctx: ActionContext, staffId: string): Promise<void> {
  try {
    await ctx.call("auth.activateCredential", { subjectId: staffId });
  } catch (error) {
    ctx.log.warn("A credential waits for its event to be activated.", { staffId, reason: String(error) });
  }
}

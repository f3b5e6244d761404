import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { users } from "../contract.ts";
import { refusedChange } from "../domain/rights.ts";
import { lockStaff, saveRoles, saveStaff, scopesOfRoles } from "../users.store.ts";
import { staffView } from "../view.ts";

/** Gateways are told of changed rights at once. The sessions of a closed account end, also if it is opened again later. */
export const updateStaff: Handler<typeof users.actions.update> = transactional((ctx, { staffId, ...change }) =>
  ctx.transaction(async (tx) => {
    const before = await lockStaff(tx, staffId);
    const after = {
      ...before,
      name: change.name ?? before.name,
      active: change.active ?? before.active,
      roles: change.roles ? [...change.roles].sort() : before.roles,
    };
    const scopes = await scopesOfRoles(tx, [...new Set([...after.roles, ...before.roles])]);
    const changesRights = after.active !== before.active || after.roles.join() !== before.roles.join();
    const refusal = refusedChange(ctx.auth, { staffId, changesRights, scopes });
    if (refusal) throw new DomainError("FORBIDDEN", refusal);
    await saveStaff(tx, after);
    await saveRoles(tx, staffId, after.roles);
    if (before.active && !after.active) tx.emit(users.events.StaffClosed, { staffId });
    if (changesRights) tx.afterCommit(() => ctx.signal("users.rightsChanged", { staffId }));
    return staffView(after);
  }),
);

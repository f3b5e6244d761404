import { on } from "#mixins/service/consumers.ts";
import { deleteSessionsOfStaff } from "../auth.store.ts";
import { tellGateways } from "../steps/end-sessions.ts";

/** Sessions that began later belong to an account that was opened again, and the event is late or applied again. */
export const staffClosed = on("users.StaffClosed", async (ctx, { data, timestamp }) => {
  const sids = await deleteSessionsOfStaff(ctx.tx, data.staffId, timestamp);
  ctx.tx.afterCommit(() => tellGateways(ctx, sids));
});

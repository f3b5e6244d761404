import type { ServiceContext } from "#mixins/service/context.ts";
import {
  activate,
  forgetExpiredSessions,
  forgetPending,
  forgetRetiredKeys,
  type Identity,
  overduePending,
} from "../auth.store.ts";

/**
 * Ends what has waited long enough. A pending credential is not forgotten by its age alone: its owner may exist while
 * the events that say so are held up, so the service that knows is asked.
 */
export async function sweep(ctx: Pick<ServiceContext, "db" | "call">): Promise<void> {
  await forgetExpiredSessions(ctx.db);
  await forgetRetiredKeys(ctx.db);
  await settlePending(ctx, "customer", async (customerIds) => {
    return (await ctx.call("customers.existing", { customerIds })).customerIds;
  });
  await settlePending(ctx, "staff", async (staffIds) => (await ctx.call("users.existing", { staffIds })).staffIds);
}

async function settlePending(
  ctx: Pick<ServiceContext, "db" | "call">,
  kind: Identity["kind"],
  existingOf: (subjectIds: string[]) => Promise<string[]>,
): Promise<void> {
  const overdue = await overduePending(ctx.db, kind);
  if (overdue.length === 0) return;
  const existing = new Set(await existingOf(overdue));
  await activate(ctx.db, [...existing]);
  await forgetPending(
    ctx.db,
    overdue.filter((subjectId) => !existing.has(subjectId)),
  );
}

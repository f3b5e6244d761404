import type { ServiceContext } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import {
  activateCredentials,
  deleteExpiredSessions,
  deletePendingCredentials,
  deleteRetiredKeys,
  type Identity,
  overdueCredentials,
} from "../auth.store.ts";
import { deleteForgotten } from "../throttle.store.ts";

const EVERY_MS = 5 * 60_000;

/** Deletes expired sessions, retired keys and what the throttle has forgotten, and settles credentials that have been pending for too long. */
export const sweepExpired = every(EVERY_MS, "sweep", sweep);

export async function sweep(ctx: Pick<ServiceContext, "db" | "call">): Promise<void> {
  await deleteExpiredSessions(ctx.db);
  await deleteRetiredKeys(ctx.db);
  await deleteForgotten(ctx.db);
  await settlePending(ctx, "customer", async (customerIds) => {
    return (await ctx.call("customers.findExisting", { customerIds })).customerIds;
  });
  await settlePending(ctx, "staff", async (staffIds) => (await ctx.call("users.findExisting", { staffIds })).staffIds);
}

/**
 * Activates the credentials of subjects that exist and deletes the others. The age of a credential alone is not enough:
 * its subject may exist while the event about it is delayed, so the service that owns the subject is asked.
 */
async function settlePending(
  ctx: Pick<ServiceContext, "db" | "call">,
  kind: Identity["kind"],
  findExisting: (subjectIds: string[]) => Promise<string[]>,
): Promise<void> {
  const overdue = await overdueCredentials(ctx.db, kind);
  if (overdue.length === 0) return;
  const existing = new Set(await findExisting(overdue));
  await activateCredentials(ctx.db, [...existing]);
  const unknown = overdue.filter((subjectId) => !existing.has(subjectId));
  await deletePendingCredentials(ctx.db, unknown);
}

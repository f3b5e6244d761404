import { limits } from "#config/limits.ts";
import { chunks } from "#lib/chunks.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { deleteSession } from "../auth.store.ts";

/** Ends a session. Gateways refuse its access tokens at once. It is no error when it has ended before. */
export async function endSession(ctx: Pick<ServiceContext, "db" | "signal">, sessionId: string): Promise<void> {
  const sid = await deleteSession(ctx.db, sessionId);
  if (sid) tellGateways(ctx, [sid]);
}

/** Lets gateways refuse the access tokens of sessions that were deleted. Call it after the commit. */
export function tellGateways(ctx: Pick<ServiceContext, "signal">, sids: readonly string[]): void {
  for (const some of chunks(sids, limits.STATES_PER_CALL)) ctx.signal("auth.sessionsEnded", { sids: some });
}

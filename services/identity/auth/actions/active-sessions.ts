import type { Handler } from "#mixins/service/context.ts";
import { findActiveSessions } from "../auth.store.ts";
import type { auth } from "../contract.ts";

export const activeSessions: Handler<typeof auth.actions.activeSessions> = async (ctx, { sids }) => {
  return { sessions: await findActiveSessions(ctx.db, sids) };
};

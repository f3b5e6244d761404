import type { Handler } from "#mixins/service/context.ts";
import { findActiveSids } from "../auth.store.ts";
import type { auth } from "../contract.ts";

export const activeSessions: Handler<typeof auth.actions.activeSessions> = async (ctx, { sids }) => {
  return { sids: await findActiveSids(ctx.db, sids) };
};

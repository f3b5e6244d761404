import type { Handler } from "#mixins/service/context.ts";
import { endSession } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { parseRefreshToken } from "../domain/refresh-token.ts";

/** Access tokens given out before stay valid until they expire, a quarter of an hour at most. */
export const logOut: Handler<typeof auth.actions.logout> = async (ctx, { refreshToken }) => {
  const token = parseRefreshToken(refreshToken);
  if (token) await endSession(ctx.db, token.sessionId);
  return {};
};

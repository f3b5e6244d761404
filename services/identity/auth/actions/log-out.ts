import type { Handler } from "#mixins/service/context.ts";
import { deleteSession } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { parseRefreshToken } from "../domain/refresh-token.ts";

/** Access tokens of the session stay valid until they expire, after `ACCESS_TOKEN_SECONDS` at most. */
export const logOut: Handler<typeof auth.actions.logout> = async (ctx, { refreshToken }) => {
  const token = parseRefreshToken(refreshToken);
  if (token) await deleteSession(ctx.db, token.sessionId);
  return {};
};

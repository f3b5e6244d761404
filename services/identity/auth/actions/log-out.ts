import type { Handler } from "#mixins/service/context.ts";
import type { auth } from "../contract.ts";
import { parseRefreshToken } from "../domain/refresh-token.ts";
import { endSession } from "../steps/end-sessions.ts";

export const logOut: Handler<typeof auth.actions.logout> = async (ctx, { refreshToken }) => {
  const token = parseRefreshToken(refreshToken);
  if (token) await endSession(ctx, token.sessionId);
  return {};
};

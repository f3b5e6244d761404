import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { findSession, rotateToken } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { parseRefreshToken } from "../domain/refresh-token.ts";
import type { AuthDeps } from "../setup.ts";
import { bearerOf } from "../steps/bearer.ts";
import { endSession } from "../steps/end-sessions.ts";
import { hashSecret, newSecret, newTokens } from "../steps/tokens.ts";

/**
 * Exchanges a refresh token for the next one. A token that is not the current one of its session was used before, by its
 * owner or by a thief. It is not possible to know which of them sends it now, so the session ends for both.
 *
 * When two refreshes come at the same moment, the row lock lets one of them succeed, and the other counts as a reuse. A
 * grace period was rejected: a thief could use it, and the owner, who is only refused, would log in again and leave the
 * thief's session alive. Clients must refresh one at a time.
 */
export const refresh: Handler<typeof auth.actions.refresh, AuthDeps> = async (ctx, { refreshToken }) => {
  const token = parseRefreshToken(refreshToken);
  const session = token && (await findSession(ctx.db, token.sessionId));
  if (!session) throw new DomainError("INVALID_REFRESH_TOKEN");
  const { sessionId, secret } = token;
  // This comes before the token is used up, so that an outage of users does not end the session.
  const bearer = await bearerOf(ctx, session);
  const next = newSecret();
  const issue = bearer && (await rotateToken(ctx.db, sessionId, hashSecret(secret), hashSecret(next)));
  if (!issue) {
    await endSession(ctx, sessionId);
    ctx.log.warn("A session was ended: its refresh token was used twice, or its account is closed.", {
      subjectId: session.subjectId,
    });
    throw new DomainError("INVALID_REFRESH_TOKEN");
  }
  return newTokens(ctx, bearer, issue, { sessionId, secret: next });
};

import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { endSession, findSession, rotate } from "../auth.store.ts";
import { bearerOf } from "../bearer.ts";
import type { auth } from "../contract.ts";
import { parseRefreshToken } from "../domain/refresh-token.ts";
import type { AuthDeps } from "../setup.ts";
import { hashSecret, newSecret, tokens } from "../tokens.ts";

/**
 * Exchanges a refresh token for the next one. A token other than the current one of its session has been used before,
 * by its owner or by a thief, and nobody can tell which of the two is asking now: the session ends for both.
 *
 * Of two refreshes at the same moment the row lock lets one win, and the other counts as reuse like any other. A time
 * of grace for it was rejected: a thief who races the owner would use just that time, and the owner, turned away
 * without consequence, would log in again and leave the thief's session alive. Clients refresh one at a time.
 */
export const refresh: Handler<typeof auth.actions.refresh, AuthDeps> = async (ctx, { refreshToken }) => {
  const token = parseRefreshToken(refreshToken);
  const session = token && (await findSession(ctx.db, token.sessionId));
  if (!session) throw new DomainError("INVALID_REFRESH_TOKEN");
  const { sessionId, secret } = token;
  // Before the token is used up: an outage on the way must not cost the client its session.
  const bearer = await bearerOf(ctx, session);
  const next = newSecret();
  const now = bearer && (await rotate(ctx.db, sessionId, hashSecret(secret), hashSecret(next)));
  if (!now) {
    await endSession(ctx.db, sessionId);
    ctx.log.warn("A session was ended: its refresh token was used twice, or its account is closed.", {
      subjectId: session.subjectId,
    });
    throw new DomainError("INVALID_REFRESH_TOKEN");
  }
  return tokens(ctx.deps.key, now, bearer, { sessionId, secret: next });
};

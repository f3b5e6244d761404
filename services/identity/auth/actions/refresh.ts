import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { findLastRefresh, findSession, type Issue, rotateToken } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { parseRefreshToken } from "../domain/refresh-token.ts";
import type { AuthDeps } from "../setup.ts";
import { bearerOf } from "../steps/bearer.ts";
import { endSession } from "../steps/end-sessions.ts";
import { hashSecret, newSecret, newTokens, successorOf } from "../steps/tokens.ts";

/**
 * Exchanges a refresh token for the next one. The token that was exchanged last gives the same successor again for
 * `REFRESH_GRACE_SECONDS`: two tabs of one browser refresh at the same moment, and a client whose answer was lost sends
 * its token again. Every other token that is not the current one was used before, by its owner or by a thief. It is not
 * possible to know which of them sends it now, so the session ends for both.
 *
 * What the grace gives to a thief: no token that the owner does not have as well. After it both hold the same one, so
 * the refresh of one of them makes the token of the other old, and the session ends when that one is sent after the
 * grace. A thief stays unnoticed only by refreshing within the grace of every single refresh of the owner.
 *
 * A successor that is random and stored would have to be readable in the table, where a copy of the database could use
 * it. A successor made from the old token alone could be made by a thief without asking, again and again.
 */
export const refresh: Handler<typeof auth.actions.refresh, AuthDeps> = async (ctx, { refreshToken }) => {
  const token = parseRefreshToken(refreshToken);
  const session = token && (await findSession(ctx.db, token.sessionId));
  if (!session) throw new DomainError("INVALID_REFRESH_TOKEN");
  const { sessionId, secret } = token;
  // This comes before the token is used up, so that an outage of users does not end the session.
  const bearer = await bearerOf(ctx, session);
  const next = bearer && (await exchange(ctx, sessionId, secret));
  if (!next) {
    await endSession(ctx, sessionId);
    ctx.log.warn("A session was ended: its refresh token was used twice, or its account is closed.", {
      subjectId: session.subjectId,
    });
    throw new DomainError("INVALID_REFRESH_TOKEN");
  }
  return newTokens(ctx, bearer, next.issue, { sessionId, secret: next.secret });
};

/**
 * When two refreshes come at the same moment, the row lock lets one of them make the successor. The other finds its token
 * replaced, and makes the same successor from the key that the first one stored.
 * @returns `undefined` for a token that is neither the current one nor the one before it within the grace
 */
async function exchange(
  { db }: Parameters<typeof refresh>[0],
  sessionId: string,
  secret: string,
): Promise<{ secret: string; issue: Issue } | undefined> {
  const oldHash = hashSecret(secret);
  const successorKey = newSecret();
  const next = successorOf(secret, successorKey);
  const issue = await rotateToken(db, sessionId, oldHash, { hash: hashSecret(next), successorKey });
  if (issue) return { secret: next, issue };
  const last = await findLastRefresh(db, sessionId, oldHash);
  return last && { secret: successorOf(secret, last.successorKey), issue: last };
}

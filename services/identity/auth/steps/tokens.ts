import { createHash, createHmac, randomBytes } from "node:crypto";
import { SignJWT } from "jose";
import type { ResultOf } from "#lib/contract/types.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Identity, Issue } from "../auth.store.ts";
import { accessTokens, type auth } from "../contract.ts";
import { formatRefreshToken, type RefreshToken } from "../domain/refresh-token.ts";
import type { AuthDeps } from "../setup.ts";

export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** The secret that replaces `secret`: always the same one, and only for somebody who has both that secret and the key. */
export function successorOf(secret: string, successorKey: string): string {
  return createHmac("sha256", successorKey).update(secret).digest("base64url");
}

/** A fast hash is enough, because secrets are long and random. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/**
 * The answer to a login or a refresh. The access token is for this shop only, also when another shop has the same key. It
 * carries no scopes: gateways ask for them, because a right may be given or taken while the token lives.
 */
export async function newTokens(
  { deps: { key }, env }: Pick<ActionContext<AuthDeps>, "deps" | "env">,
  { kind, subjectId }: Identity,
  { now, sid }: Issue,
  refresh: RefreshToken,
): Promise<ResultOf<typeof auth.actions.login>> {
  const { algorithm, issuer, lifeSeconds, type } = accessTokens;
  const seconds = Math.floor(now.getTime() / 1_000);
  const accessToken = await new SignJWT({ kind, sid })
    .setProtectedHeader({ alg: algorithm, typ: type, kid: key.publicKey.kid })
    .setIssuer(issuer)
    .setAudience(env.NAMESPACE)
    .setSubject(subjectId)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + lifeSeconds)
    .sign(key.privateKey);
  return { accessToken, refreshToken: formatRefreshToken(refresh), tokenType: "Bearer", expiresIn: lifeSeconds };
}

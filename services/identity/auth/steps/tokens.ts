import { createHash, createHmac, randomBytes } from "node:crypto";
import { SignJWT } from "jose";
import type { ResultOf } from "#lib/contract/types.ts";
import type { Identity } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { authLimits } from "../domain/limits.ts";
import { formatRefreshToken } from "../domain/refresh-token.ts";
import type { SigningKey } from "./signing-keys.ts";

/** What an access token says about its owner. */
export interface Bearer extends Identity {
  scopes?: readonly string[];
}

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

/** The answer to a login or a refresh. */
export async function newTokens(
  key: SigningKey,
  now: Date,
  { kind, subjectId, scopes }: Bearer,
  refresh: { sessionId: string; secret: string },
): Promise<ResultOf<typeof auth.actions.login>> {
  const seconds = Math.floor(now.getTime() / 1_000);
  const accessToken = await new SignJWT({ kind, ...(scopes ? { scopes } : {}) })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: key.publicKey.kid })
    .setIssuer("tradepost")
    .setSubject(subjectId)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + authLimits.ACCESS_TOKEN_SECONDS)
    .sign(key.privateKey);
  const refreshToken = formatRefreshToken(refresh);
  return { accessToken, refreshToken, tokenType: "Bearer", expiresIn: authLimits.ACCESS_TOKEN_SECONDS };
}

import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { limits } from "../../../config/limits.ts";
import type { Auth } from "../../../mixins/access.ts";
import { Problem } from "../../../mixins/errors.ts";

export const TOKEN_ISSUER = "tradepost";
const KEYS_REFRESH_MS = 5_000; // least time between two fetches, however many tokens name unknown keys

/** Verifies tokens, and remembers those it verified until they expire: RS256 costs more than the rest of a cached read. */
export class TokenVerifier {
  readonly #fetchKeys: () => Promise<JSONWebKeySet>;
  readonly #verified = new Map<string, { auth: Auth; expiresAt: number }>();
  #keys: { set: ReturnType<typeof createLocalJWKSet>; at: number } | undefined;

  constructor(fetchKeys: () => Promise<JSONWebKeySet>) {
    this.#fetchKeys = fetchKeys;
  }

  /**
   * Who the `Authorization` header says is calling.
   * @throws Problem UNAUTHENTICATED for a token that is malformed, forged or expired; an outage when keys cannot be had
   */
  async identify(authorization: string | undefined): Promise<Auth> {
    if (!authorization) return { kind: "anonymous" };
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
    if (!token) throw new Problem("UNAUTHENTICATED", "Send `Authorization: Bearer <token>`.");
    const known = this.#verified.get(token);
    if (known && known.expiresAt > Date.now()) return known.auth;
    const payload = await this.#verify(token);
    const auth = authOf(payload);
    if (this.#verified.size >= limits.TOKEN_CACHE_ENTRIES)
      this.#verified.delete(this.#verified.keys().next().value as string);
    this.#verified.set(token, { auth, expiresAt: (payload.exp ?? 0) * 1_000 });
    return auth;
  }

  /** Forgets keys and tokens: the keys were rotated. */
  forget(): void {
    this.#keys = undefined;
    this.#verified.clear();
  }

  async #verify(token: string): Promise<JWTPayload> {
    try {
      return await this.#verifyWith(await this.#currentKeys(), token);
    } catch (error) {
      if (errorCode(error) !== "ERR_JWKS_NO_MATCHING_KEY" || Date.now() - (this.#keys?.at ?? 0) < KEYS_REFRESH_MS)
        throw refused(error);
    }
    this.#keys = undefined;
    try {
      return await this.#verifyWith(await this.#currentKeys(), token);
    } catch (error) {
      throw refused(error);
    }
  }

  async #verifyWith(keys: ReturnType<typeof createLocalJWKSet>, token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys, {
      issuer: TOKEN_ISSUER,
      algorithms: ["RS256"],
      requiredClaims: ["sub", "exp", "kind"],
    });
    return payload;
  }

  async #currentKeys(): Promise<ReturnType<typeof createLocalJWKSet>> {
    this.#keys ??= { set: createLocalJWKSet(await this.#fetchKeys()), at: Date.now() };
    return this.#keys.set;
  }
}

function authOf(payload: JWTPayload): Auth {
  const subject = String(payload.sub);
  if (payload.kind === "customer") return { kind: "customer", customerId: subject };
  if (payload.kind === "staff")
    return { kind: "staff", staffId: subject, scopes: Array.isArray(payload.scopes) ? payload.scopes.map(String) : [] };
  throw new Problem("UNAUTHENTICATED", "The token is not one of ours.");
}

function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** jose's own errors mean a bad token; anything else is passed on as it is. */
function refused(error: unknown): unknown {
  const code = errorCode(error);
  if (code === "ERR_JWT_EXPIRED") return new Problem("UNAUTHENTICATED", "The token has expired.");
  return code.startsWith("ERR_J") ? new Problem("UNAUTHENTICATED", "The token is not valid.") : error;
}

import { createLocalJWKSet, type JWTPayload, jwtVerify } from "jose";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { gatewayLimits } from "../domain/limits.ts";

const TOKEN_ISSUER = "tradepost";

/** Public keys, and the time on the issuer's clock. */
export type IssuedKeys = CallResult<"auth.jwks">;

interface Keys {
  set: ReturnType<typeof createLocalJWKSet>;
  /** The time on the issuer's clock when the keys arrived. */
  issuerMs: number;
  /** The time on this node's monotonic clock at the same moment. */
  monotonicMs: number;
  /** When a fetch was last started, on the monotonic clock. */
  lastFetchAt: number;
}

/**
 * Verifies tokens. Verified tokens are cached until they expire, because RS256 costs more than the rest of a cached read.
 *
 * Tokens expire by the issuer's clock: the issuer sends its time with the keys, and this node's monotonic clock counts
 * on from there. So a node whose wall clock is wrong, or is changed, refuses no valid token and accepts no expired one.
 */
export class TokenVerifier {
  readonly #fetchKeys: () => Promise<IssuedKeys>;
  readonly #verified = new Map<string, { auth: Auth; expiresAt: number }>();
  #keys: Keys | undefined;

  constructor(fetchKeys: () => Promise<IssuedKeys>) {
    this.#fetchKeys = fetchKeys;
  }

  /**
   * The caller that the `Authorization` header names; anonymous without the header.
   * @throws DomainError UNAUTHENTICATED for a token that is malformed, forged or expired; an outage when the keys cannot
   * be fetched
   */
  async identify(authorization: string | undefined): Promise<Auth> {
    if (!authorization) return { kind: "anonymous" };
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
    if (!token) throw new DomainError("UNAUTHENTICATED", "Send `Authorization: Bearer <token>`.");
    const known = this.#verified.get(token);
    if (known && this.#keys && known.expiresAt > issuerNow(this.#keys)) return known.auth;
    const payload = await this.#verify(token);
    const auth = authOf(payload);
    if (this.#verified.size >= gatewayLimits.TOKEN_CACHE_ENTRIES)
      this.#verified.delete(this.#verified.keys().next().value as string);
    this.#verified.set(token, { auth, expiresAt: (payload.exp ?? 0) * 1_000 });
    return auth;
  }

  /** Drops all keys and verified tokens. For a rotation of keys. */
  reset(): void {
    this.#keys = undefined;
    this.#verified.clear();
  }

  async #verify(token: string): Promise<JWTPayload> {
    try {
      return await this.#verifyWith(await this.#currentKeys(), token);
    } catch (error) {
      if (errorCode(error) !== "ERR_JWKS_NO_MATCHING_KEY" || ageOf(this.#keys) < gatewayLimits.KEYS_REFETCH_MS)
        throw refusalOf(error);
    }
    this.#keys = undefined;
    try {
      return await this.#verifyWith(await this.#currentKeys(), token);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async #verifyWith(keys: Keys, token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys.set, {
      issuer: TOKEN_ISSUER,
      algorithms: ["RS256"],
      requiredClaims: ["sub", "exp", "kind"],
      currentDate: new Date(issuerNow(keys)),
    });
    return payload;
  }

  async #currentKeys(): Promise<Keys> {
    this.#keys ??= await this.#fetch();
    const keys = this.#keys;
    if (ageOf(keys) > gatewayLimits.KEYS_MAX_AGE_MS) {
      keys.lastFetchAt = performance.now(); // prevents a second fetch meanwhile, and soon after a failure
      this.#fetch().then(
        (fresh) => {
          this.#keys = fresh;
        },
        () => undefined, // the old keys stay valid
      );
    }
    return keys;
  }

  async #fetch(): Promise<Keys> {
    const { keys, now } = await this.#fetchKeys();
    const arrivedAt = performance.now();
    return {
      set: createLocalJWKSet({ keys }),
      issuerMs: Date.parse(now),
      monotonicMs: arrivedAt,
      lastFetchAt: arrivedAt,
    };
  }
}

function ageOf(keys: Keys | undefined): number {
  return keys ? performance.now() - keys.lastFetchAt : Number.POSITIVE_INFINITY;
}

function issuerNow({ issuerMs, monotonicMs }: Keys): number {
  return issuerMs + performance.now() - monotonicMs;
}

function authOf(payload: JWTPayload): Auth {
  const subject = String(payload.sub);
  if (payload.kind === "customer") return { kind: "customer", customerId: subject };
  if (payload.kind === "staff")
    return { kind: "staff", staffId: subject, scopes: Array.isArray(payload.scopes) ? payload.scopes.map(String) : [] };
  throw new DomainError("UNAUTHENTICATED", "The token has an unknown kind.");
}

function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** Errors of jose mean that the token is bad. Other errors stay, because they are outages. */
function refusalOf(error: unknown): unknown {
  const code = errorCode(error);
  if (code === "ERR_JWT_EXPIRED") return new DomainError("UNAUTHENTICATED", "The token has expired.");
  return code.startsWith("ERR_J") ? new DomainError("UNAUTHENTICATED", "The token is not valid.") : error;
}

import { createLocalJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { BoundedMap } from "#lib/bounded-map.ts";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { accessTokens } from "#services/identity/auth/contract.ts";
import { gatewayLimits } from "../domain/limits.ts";
import type { TokenSubject } from "./callers.ts";

/** Public keys, and the time on the issuer's clock. */
export type IssuedKeys = CallResult<"auth.jwks">;

interface Keys {
  keyOf: JWTVerifyGetKey;
  /** The time on the issuer's clock when the keys arrived. */
  issuerMs: number;
  /** The time on this node's monotonic clock at the same moment. */
  monotonicMs: number;
  /** When a fetch was last started, on the monotonic clock. */
  lastFetchAt: number;
}

interface TokenVerifierOptions {
  /** The shop that tokens must be for. */
  audience: string;
  fetchKeys: () => Promise<IssuedKeys>;
  /** Who may act with a token that is valid. */
  callerOf: (subject: TokenSubject) => Auth | Promise<Auth>;
}

/**
 * Verifies access tokens (RFC 9068). Verified tokens are cached until they expire, because RS256 costs more than the rest of
 * a cached read.
 *
 * A good signature is not enough: the token must be of the kind that this shop issues and for this shop, name its key, have
 * been issued in the past, and live no longer than issued tokens do. So whoever once had the use of the key, or another use
 * of the same key, has no token for years.
 *
 * Tokens expire by the issuer's clock: the issuer sends its time with the keys, and this node's monotonic clock counts
 * on from there. So a node whose wall clock is wrong, or is changed, refuses no valid token and accepts no expired one.
 */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #verified = new BoundedMap<string, { subject: TokenSubject; expiresAt: number }>(
    gatewayLimits.TOKEN_CACHE_ENTRIES,
  );
  #keys: Keys | undefined;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /**
   * The caller that the `Authorization` header names; anonymous without the header.
   * @throws DomainError UNAUTHENTICATED for a token that is malformed, forged or expired, or whose session has ended;
   * SERVICE_UNAVAILABLE when the rights of staff cannot be checked; an outage when the keys cannot be fetched
   */
  async identify(authorization: string | undefined): Promise<Auth> {
    if (!authorization) return { kind: "anonymous" };
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
    if (!token) throw new DomainError("UNAUTHENTICATED", "Send `Authorization: Bearer <token>`.");
    const known = this.#verified.get(token);
    const subject =
      known && this.#keys && known.expiresAt > issuerNow(this.#keys) ? known.subject : await this.#subjectOf(token);
    return this.#options.callerOf(subject);
  }

  /** Drops all keys and verified tokens. For a rotation of keys. */
  reset(): void {
    this.#keys = undefined;
    this.#verified.clear();
  }

  async #subjectOf(token: string): Promise<TokenSubject> {
    const payload = await this.#verify(token);
    const subject = subjectOf(payload);
    this.#verified.set(token, { subject, expiresAt: (payload.exp ?? 0) * 1_000 });
    return subject;
  }

  /** Keys, or the issuer's clock, may have changed since they were fetched, so a token that suggests this is tried again. */
  async #verify(token: string): Promise<JWTPayload> {
    try {
      return await this.#verifyWith(await this.#currentKeys(), token);
    } catch (error) {
      const isNews = error instanceof errors.JWKSNoMatchingKey || error instanceof IssuedLater;
      if (!isNews || ageOf(this.#keys) < gatewayLimits.KEYS_REFETCH_MS) throw refusalOf(error);
    }
    this.#keys = undefined;
    try {
      return await this.#verifyWith(await this.#currentKeys(), token);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async #verifyWith(keys: Keys, token: string): Promise<JWTPayload> {
    const now = issuerNow(keys);
    const { payload } = await jwtVerify(token, keys.keyOf, {
      issuer: accessTokens.issuer,
      audience: this.#options.audience,
      typ: accessTokens.type,
      algorithms: [accessTokens.algorithm],
      requiredClaims: ["sub", "iat", "exp", "kind", "sid"],
      currentDate: new Date(now),
    });
    const { iat = 0, exp = 0 } = payload;
    if (exp - iat > accessTokens.lifeSeconds) throw new errors.JWTInvalid("The token lives too long.");
    if (iat > now / 1_000 + gatewayLimits.TOKEN_ISSUE_TOLERANCE_SECONDS) throw new IssuedLater();
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
    const { keys, now } = await this.#options.fetchKeys();
    const arrivedAt = performance.now();
    const set = createLocalJWKSet({ keys });
    return {
      // Without `kid` jose would take the only key there is.
      keyOf: (header, token) => {
        if (typeof header.kid !== "string") throw new errors.JWTInvalid("The token does not name its key.");
        return set(header, token);
      },
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

/** The token says that it was issued after the present time of the issuer. */
class IssuedLater extends errors.JWTInvalid {}

function subjectOf({ kind, sid, sub }: JWTPayload): TokenSubject {
  if ((kind === "customer" || kind === "staff") && typeof sid === "string" && typeof sub === "string")
    return { kind, sid, subjectId: sub };
  throw new DomainError("UNAUTHENTICATED", "The token is not valid.");
}

/** Errors of jose mean that the token is bad. Other errors stay, because they are outages. */
function refusalOf(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new DomainError("UNAUTHENTICATED", "The token has expired.");
  return error instanceof errors.JOSEError ? new DomainError("UNAUTHENTICATED", "The token is not valid.") : error;
}

import { createLocalJWKSet, type JWTPayload, jwtVerify } from "jose";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { auth } from "#services/identity/auth/contract.ts";
import { gatewayLimits } from "./limits.ts";

export const TOKEN_ISSUER = "tradepost";
const KEYS_REFRESH_MS = 5_000; // least time between two fetches, however many tokens name unknown keys
const KEYS_KEPT_MS = 3_600_000; // then they are fetched again, and with them the time: a machine that slept has lost some

/** Public keys, and the time on the clock that tokens are issued by. */
export type IssuedKeys = ResultOf<typeof auth.actions.jwks>;

interface Keys {
  set: ReturnType<typeof createLocalJWKSet>;
  /** The issuer's clock, and this node's steady one, at the same moment. */
  issuerMs: number;
  at: number;
  askedAt: number;
}

/**
 * Verifies tokens, and remembers those it verified until they expire: RS256 costs more than the rest of a cached read.
 * Tokens expire by the issuer's clock, which comes with the keys and is carried on by this node's steady clock: a node
 * whose own clock is wrong, or is set, turns nobody away early and lets nobody in late.
 */
export class TokenVerifier {
  readonly #fetchKeys: () => Promise<IssuedKeys>;
  readonly #verified = new Map<string, { auth: Auth; expiresAt: number }>();
  #keys: Keys | undefined;

  constructor(fetchKeys: () => Promise<IssuedKeys>) {
    this.#fetchKeys = fetchKeys;
  }

  /**
   * Who the `Authorization` header says is calling.
   * @throws DomainError UNAUTHENTICATED for a token that is malformed, forged or expired; an outage when keys cannot be had
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

  /** Forgets keys and tokens: the keys were rotated. */
  forget(): void {
    this.#keys = undefined;
    this.#verified.clear();
  }

  async #verify(token: string): Promise<JWTPayload> {
    try {
      return await this.#verifyWith(await this.#currentKeys(), token);
    } catch (error) {
      if (errorCode(error) !== "ERR_JWKS_NO_MATCHING_KEY" || ageOf(this.#keys) < KEYS_REFRESH_MS) throw refused(error);
    }
    this.#keys = undefined;
    try {
      return await this.#verifyWith(await this.#currentKeys(), token);
    } catch (error) {
      throw refused(error);
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
    if (ageOf(keys) > KEYS_KEPT_MS) {
      keys.askedAt = performance.now(); // one try at a time, and not before long again when it fails
      this.#fetch().then(
        (fresh) => {
          this.#keys = fresh;
        },
        () => undefined, // these keys still do
      );
    }
    return keys;
  }

  async #fetch(): Promise<Keys> {
    const { keys, now } = await this.#fetchKeys();
    const at = performance.now();
    return { set: createLocalJWKSet({ keys }), issuerMs: Date.parse(now), at, askedAt: at };
  }
}

function ageOf(keys: Keys | undefined): number {
  return keys ? performance.now() - keys.askedAt : Number.POSITIVE_INFINITY;
}

function issuerNow({ issuerMs, at }: Keys): number {
  return issuerMs + performance.now() - at;
}

function authOf(payload: JWTPayload): Auth {
  const subject = String(payload.sub);
  if (payload.kind === "customer") return { kind: "customer", customerId: subject };
  if (payload.kind === "staff")
    return { kind: "staff", staffId: subject, scopes: Array.isArray(payload.scopes) ? payload.scopes.map(String) : [] };
  throw new DomainError("UNAUTHENTICATED", "The token is not one of ours.");
}

function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** jose's own errors mean a bad token; anything else is passed on as it is. */
function refused(error: unknown): unknown {
  const code = errorCode(error);
  if (code === "ERR_JWT_EXPIRED") return new DomainError("UNAUTHENTICATED", "The token has expired.");
  return code.startsWith("ERR_J") ? new DomainError("UNAUTHENTICATED", "The token is not valid.") : error;
}

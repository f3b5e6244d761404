import { asText, type Json, jsonObject } from "./json.ts";

/** A token is renewed this long before it expires, in milliseconds. */
const RENEW_BEFORE_MS = 30_000;

/** Someone logged in. `token` renews itself; `renew` is for when the shop no longer takes the one it gave. */
export class Session {
  readonly #login: () => Promise<Json>;
  #token: Promise<string> | undefined;
  #renewAtMs = 0;

  constructor(login: () => Promise<Json>) {
    this.#login = login;
  }

  token(): Promise<string> {
    if (this.#token === undefined || Date.now() >= this.#renewAtMs) return this.renew();
    return this.#token;
  }

  /** Logs in again. Callers that come meanwhile share the one login. */
  renew(): Promise<string> {
    this.#renewAtMs = Number.POSITIVE_INFINITY;
    const token = this.#login().then((answer) => {
      const lifeMs = Number(answer.expiresIn) * 1_000;
      this.#renewAtMs = Date.now() + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2);
      return asText(answer.accessToken, "accessToken");
    });
    this.#token = token;
    token.catch(() => {
      if (this.#token === token) this.#token = undefined; // the next caller tries again
    });
    return token;
  }
}

/** The subject of an access token, which for a customer is the customer's id. */
export function customerIdIn(token: string): string {
  const claims = jsonObject(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  return asText(claims.sub, "subject in the access token");
}

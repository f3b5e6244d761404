import { createHmac, timingSafeEqual } from "node:crypto";

const TAG_BYTES = 16; // 128 bits cannot be guessed

/**
 * Makes tokens that prove themselves: whoever has the secret can check one without a look-up, and nobody else can make
 * one. The same parts always give the same token, so a lost answer can be given again.
 */
export class TokenSigner {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** The token of these parts. Tokens of different kinds of things need a first part that names the kind. */
  sign(...parts: string[]): string {
    return createHmac("sha256", this.#secret)
      .update(JSON.stringify(parts))
      .digest()
      .subarray(0, TAG_BYTES)
      .toString("base64url");
  }

  /** Whether a token is that of these parts. It takes the same time whatever part of a wrong token is right. */
  proves(token: string | undefined, ...parts: string[]): boolean {
    if (token === undefined) return false;
    const [given, expected] = [Buffer.from(token), Buffer.from(this.sign(...parts))];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

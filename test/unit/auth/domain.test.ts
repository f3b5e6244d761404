import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { typeid } from "typeid-js";
import { demoAccounts } from "#config/demo.ts";
import { fits } from "#lib/contract/validation.ts";
import { Email } from "#services/identity/auth/contract.ts";
import { passwordWeakness } from "#services/identity/auth/domain/password.ts";
import { formatRefreshToken, parseRefreshToken } from "#services/identity/auth/domain/refresh-token.ts";
import { commonPasswords } from "#services/identity/auth/steps/common-passwords.ts";
import { configuredKey } from "#services/identity/auth/steps/signing-keys.ts";

describe("refresh tokens", () => {
  test("are parsed as they were formatted", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const token = { sessionId: typeid("sess").toString(), secret: Buffer.from(bytes).toString("base64url") };
        expect(parseRefreshToken(formatRefreshToken(token))).toEqual(token);
      }),
    );
  });

  test("are distinguished from any other text", () => {
    fc.assert(fc.property(fc.string({ maxLength: 256 }), (text) => parseRefreshToken(text) === undefined));
    const good = `${typeid("sess").toString()}.${"a".repeat(43)}`;
    for (const bad of [`${good}a`, `${good}\n`, ` ${good}`, good.slice(1), good.replace(".", "")])
      expect(parseRefreshToken(bad)).toBeUndefined();
  });
});

describe("weak passwords", () => {
  test("are the email, its first part, and one repeated character", () => {
    const none = new Set<string>();
    expect(passwordWeakness("Ada@Example.com", "ada@example.COM", none)).toMatch(/email/);
    expect(passwordWeakness("ada.lovelace", "Ada.Lovelace@example.com", none)).toMatch(/email/);
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
        (one) => passwordWeakness(one.repeat(8), "x@y.z", none) !== undefined,
      ),
    );
    expect(passwordWeakness("Demo-Password-1", "demo@example.com", none)).toBeUndefined();
  });

  test("are the most common ones, in upper and lower case", async () => {
    const common = await commonPasswords();
    expect(common.size).toBeGreaterThan(10_000);
    for (const weak of ["password", "12345678", "iloveyou", "Sunshine", "TRUSTNO1", "qwertyuiop", "\uff50assword"])
      expect(passwordWeakness(weak, "ada@example.com", common)).toMatch(/most common/);
  });

  test("are not those of the demonstration accounts, nor texts of several words", async () => {
    const common = await commonPasswords();
    const { customer, staff } = demoAccounts;
    for (const { email, password } of [customer, staff, { email: "a@b.c", password: "correct horse battery" }])
      expect(passwordWeakness(password, email, common)).toBeUndefined();
  });
});

describe("email addresses", () => {
  test("are accepted or refused in linear time", () => {
    for (const good of ["a@b.c", "Ada+tag@mail.example.co.uk", "ü@exämple.de", "o'brien@example.com"])
      expect(fits(Email, good)).toBe(true);
    for (const bad of [
      "",
      "a",
      "a@b",
      "@b.c",
      "a@.c",
      "a@b.",
      "a@b..c",
      "a b@c.d",
      "a@b@c.d",
      "a@b.c\u0000",
      "a@b.c\n",
    ])
      expect(fits(Email, bad)).toBe(false);
    const begun = performance.now();
    for (const long of [`x@${".".repeat(1e6)}`, `x@${"a.".repeat(5e5)} `, "@".repeat(1e6), "a".repeat(1e6)])
      expect(fits(Email, long)).toBe(false);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe("the configured signing key", () => {
  const pemOf = (bits: number) =>
    generateKeyPairSync("rsa", { modulusLength: bits }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

  test("is required only in production", () => {
    expect(configuredKey({ production: false })).toBeUndefined();
    expect(() => configuredKey({ production: true })).toThrow(/^JWT_PRIVATE_KEY is not set[^\n]*$/);
  });

  test("must be an RSA key of 2048 bits, with real or escaped line breaks", () => {
    const pem = pemOf(2048);
    expect(configuredKey({ production: true, JWT_PRIVATE_KEY: pem })).toBeDefined();
    expect(configuredKey({ production: true, JWT_PRIVATE_KEY: pem.replaceAll("\n", "\\n") })).toBeDefined();
    const curve = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    for (const JWT_PRIVATE_KEY of ["x", pemOf(1024), curve]) {
      expect(() => configuredKey({ production: false, JWT_PRIVATE_KEY })).toThrow(
        /^JWT_PRIVATE_KEY is not an RSA private key[^\n]*$/,
      );
    }
  });
});

import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint, exportJWK } from "jose";
import type { Env } from "#config/env.ts";
import { StartupError } from "#lib/startup-error.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { findMadeKey, keepMadeKey, type PublicKey, publishKey } from "./auth.store.ts";

/** What this node signs with. */
export interface SigningKey {
  privateKey: KeyObject;
  publicKey: PublicKey;
}

const KEY_BITS = 2048;

/**
 * The key of `JWT_PRIVATE_KEY`, else one made once and kept in this service's own database: a file in DATA_DIR would be
 * a different key on each machine, and the embedded database is in DATA_DIR anyway.
 * @throws StartupError in production without a usable JWT_PRIVATE_KEY
 */
export async function signingKey({ db, env, signal }: SetupContext): Promise<SigningKey> {
  const given = givenKey(env);
  const key = given ? await signingKeyOf(given) : await madeKey(db);
  const isNew = given && (await publishKey(db, key.publicKey));
  if (isNew) signal("auth.keysChanged", {});
  return key;
}

/** Pure but for reading the PEM: the key an operator has set, if any. */
export function givenKey(env: Pick<Env, "JWT_PRIVATE_KEY" | "production">): KeyObject | undefined {
  const pem = env.JWT_PRIVATE_KEY;
  if (!pem) {
    if (!env.production) return undefined;
    throw new StartupError(
      "JWT_PRIVATE_KEY is not set: production needs an RSA private key in PEM to sign tokens with.",
    );
  }
  const key = readPem(pem);
  if (key?.asymmetricKeyType !== "rsa" || (key.asymmetricKeyDetails?.modulusLength ?? 0) < KEY_BITS) {
    throw new StartupError(`JWT_PRIVATE_KEY is not an RSA private key of at least ${KEY_BITS} bits in PEM.`);
  }
  return key;
}

function readPem(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem.replaceAll("\\n", "\n")); // many ways of setting variables cannot hold line ends
  } catch {
    return undefined; // what OpenSSL says about it helps nobody, and might quote the key
  }
}

async function signingKeyOf(privateKey: KeyObject): Promise<SigningKey> {
  const { n = "", e = "" } = await exportJWK(createPublicKey(privateKey));
  const kid = await calculateJwkThumbprint({ kty: "RSA", n, e });
  return { privateKey, publicKey: { kty: "RSA", n, e, kid, alg: "RS256", use: "sig" } };
}

/** Nodes that start at once may each make a key; the one that was kept first is everybody's. */
async function madeKey(db: SetupContext["db"]): Promise<SigningKey> {
  let kept = await findMadeKey(db);
  if (!kept) {
    const made = await signingKeyOf((await promisify(generateKeyPair)("rsa", { modulusLength: KEY_BITS })).privateKey);
    await keepMadeKey(db, made.publicKey, made.privateKey.export({ format: "jwk" }));
    kept = await findMadeKey(db);
  }
  if (!kept) throw new Error("The signing key was retired while this node started.");
  return signingKeyOf(createPrivateKey({ key: kept, format: "jwk" }));
}

import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint, exportJWK } from "jose";
import type { Env } from "#config/env.ts";
import { StartupError } from "#lib/startup-error.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { findGeneratedKey, insertGeneratedKey, type PublicKey, publishKey } from "../auth.store.ts";

/** The key that this node signs with. */
export interface SigningKey {
  privateKey: KeyObject;
  publicKey: PublicKey;
}

const KEY_BITS = 2048;

/**
 * The key of `JWT_PRIVATE_KEY`; otherwise a key that is generated once and stored in this service's own database. A file
 * in DATA_DIR was rejected: it would be a different key on each machine, and the embedded database is in DATA_DIR anyway.
 * @throws StartupError in production without a usable JWT_PRIVATE_KEY
 */
export async function signingKey({ db, env, signal }: SetupContext): Promise<SigningKey> {
  const configured = configuredKey(env);
  const key = configured ? await signingKeyOf(configured) : await generatedKey(db);
  const isNew = configured && (await publishKey(db, key.publicKey));
  if (isNew) signal("auth.keysChanged", {});
  return key;
}

/** The key of `JWT_PRIVATE_KEY`, if it is set. @throws StartupError when it is not usable, or missing in production */
export function configuredKey(env: Pick<Env, "JWT_PRIVATE_KEY" | "production">): KeyObject | undefined {
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
    return createPrivateKey(pem.replaceAll("\\n", "\n")); // for environments that cannot have line breaks in a variable
  } catch {
    return undefined; // the message of OpenSSL is not helpful, and might contain the key
  }
}

async function signingKeyOf(privateKey: KeyObject): Promise<SigningKey> {
  const { n = "", e = "" } = await exportJWK(createPublicKey(privateKey));
  const kid = await calculateJwkThumbprint({ kty: "RSA", n, e });
  return { privateKey, publicKey: { kty: "RSA", n, e, kid, alg: "RS256", use: "sig" } };
}

/** Nodes that start at the same time may each generate a key; all of them use the one that was stored first. */
async function generatedKey(db: SetupContext["db"]): Promise<SigningKey> {
  let stored = await findGeneratedKey(db);
  if (!stored) {
    const pair = await promisify(generateKeyPair)("rsa", { modulusLength: KEY_BITS });
    const { publicKey, privateKey } = await signingKeyOf(pair.privateKey);
    await insertGeneratedKey(db, publicKey, privateKey.export({ format: "jwk" }));
    stored = await findGeneratedKey(db);
  }
  if (!stored) throw new Error("The signing key was retired while this node started.");
  return signingKeyOf(createPrivateKey({ key: stored, format: "jwk" }));
}

import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";

/** Of AES-256. */
export const KEY_BYTES = 32;
const NONCE_BYTES = 12; // the size for which GCM is made
const TAG_BYTES = 16;
const ALGORITHM = "aes-256-gcm";

/**
 * Encrypts with AES-256-GCM under a random nonce. One key must not encrypt more than 2^32 values, because nonces could then
 * repeat (NIST SP 800-38D, 8.3).
 * @param context what the value belongs to; without the same context it cannot be decrypted
 * @returns `<nonce>.<tag>.<ciphertext>`, each in base64url
 */
export function seal(key: KeyObject, plaintext: Buffer, context: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [nonce, cipher.getAuthTag(), ciphertext].map((part) => part.toString("base64url")).join(".");
}

/** @returns undefined when the value is not one that `seal` has made with this key and context */
export function unseal(key: KeyObject, sealed: string, context: string): Buffer | undefined {
  const [nonce, tag, ciphertext, ...more] = sealed.split(".").map(bytesOf);
  if (!nonce || !tag || !ciphertext || more.length > 0) return undefined;
  if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    return undefined; // OpenSSL says only that it is not genuine
  }
}

/** Node accepts several texts for the same bytes. Only the one that was written is genuine. */
function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

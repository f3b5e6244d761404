import { createHash } from "node:crypto";

/** Digits and letters that nobody takes for one another. There are 32, so each character has five bits. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP = 4;
/** Of a new code, with 100 bits: nobody finds one by trying. */
export const CODE_BYTES = 20;

/** The code that random bytes give, such as `7Q2M-X9KD-4TRV-0GHB-3WNE`. Each byte gives one character. */
export function codeFrom(random: Uint8Array): string {
  const characters = [...random].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return (characters.join("").match(new RegExp(`.{${GROUP}}`, "g")) ?? []).join("-");
}

/** The characters of a code as people write it: in either case, with spaces or hyphens, with O for 0 and I or L for 1. */
export function charactersOf(code: string): string {
  return code.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
}

/** What is stored of a code. A code has so many bits that a fast hash keeps it. */
export function hashOfCode(code: string): string {
  return createHash("sha256").update(charactersOf(code)).digest("base64url");
}

export function last4Of(code: string): string {
  return charactersOf(code).slice(-GROUP);
}

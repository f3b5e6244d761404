import { createHash } from "node:crypto";

/** Digits and letters that nobody takes for one another. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LETTERS = ALPHABET.slice(10);
const GROUP = 4;
/** Of a new code. Each gives a character, and all of them more than 97 bits: nobody finds a code by trying. */
export const CODE_BYTES = 20;

/**
 * The code that random bytes give, such as `QR2M-X9KD-TTRV-V0HB-WXNE`. Each group begins with a letter, so that no code is
 * taken for the number of a payment card, which the gateway refuses.
 */
export function codeFrom(random: Uint8Array): string {
  const characters = [...random].map((byte, i) => {
    const alphabet = i % GROUP === 0 ? LETTERS : ALPHABET;
    return alphabet[byte % alphabet.length];
  });
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

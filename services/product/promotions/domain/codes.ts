/** Digits and letters that nobody takes for one another. */
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
const LETTERS = ALPHABET.slice(8);
const GROUP = 4;
/** Of a new code. Each gives a character, and all of them 57 bits: nobody finds one of a million codes by trying. */
export const CODE_BYTES = 12;

/**
 * The code that random bytes give, such as `VIP-QR2M-X9KD-TTRV`. Each group begins with a letter, so that no code is taken
 * for the number of a payment card, which the gateway refuses.
 */
export function codeFrom(random: Uint8Array, prefix: string | undefined): string {
  const characters = [...random].map((byte, i) => {
    const alphabet = i % GROUP === 0 ? LETTERS : ALPHABET;
    return alphabet[byte % alphabet.length];
  });
  const groups = characters.join("").match(new RegExp(`.{${GROUP}}`, "g")) ?? [];
  return [...(prefix === undefined ? [] : [prefix.toUpperCase()]), ...groups].join("-");
}

/** How codes are compared. */
export function keyOf(code: string): string {
  return code.trim().toUpperCase();
}

const MODULUS = 97;

/** An IBAN without spaces, in upper case; undefined when its check digits are wrong (ISO 13616). */
export function plainIban(text: string): string | undefined {
  const plain = text.replaceAll(" ", "").toUpperCase();
  const moved = plain.slice(4) + plain.slice(0, 4);
  let rest = 0;
  for (const character of moved) {
    const digits = Number.parseInt(character, 36); // A is 10, Z is 35
    rest = (rest * (digits > 9 ? 100 : 10) + digits) % MODULUS;
  }
  return rest === 1 ? plain : undefined;
}

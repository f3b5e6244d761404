/** Card networks, by how the numbers of their cards begin and how many digits they have. From 13 digits on. */
const NETWORKS: readonly { from: number; to: number; lengths: readonly number[] }[] = [
  { from: 4, to: 4, lengths: [13, 16, 18, 19] }, // Visa; 13 digits are not issued any more
  { from: 51, to: 55, lengths: [16] }, // Mastercard
  { from: 2221, to: 2720, lengths: [16] },
  { from: 34, to: 34, lengths: [15] }, // American Express
  { from: 37, to: 37, lengths: [15] },
  { from: 300, to: 305, lengths: [14, 16, 17, 18, 19] }, // Diners Club
  { from: 3095, to: 3095, lengths: [14, 16, 17, 18, 19] },
  { from: 36, to: 36, lengths: [14, 16, 17, 18, 19] },
  { from: 38, to: 39, lengths: [14, 16, 17, 18, 19] },
  { from: 3528, to: 3589, lengths: [16, 17, 18, 19] }, // JCB
  { from: 2200, to: 2204, lengths: [16, 17, 18, 19] }, // Mir
  { from: 60, to: 60, lengths: [16, 17, 18, 19] }, // Discover, RuPay
  { from: 64, to: 65, lengths: [16, 17, 18, 19] },
  { from: 62, to: 62, lengths: [16, 17, 18, 19] }, // UnionPay
  { from: 81, to: 81, lengths: [16, 17, 18, 19] },
  { from: 50, to: 50, lengths: [13, 14, 15, 16, 17, 18, 19] }, // Maestro
  { from: 56, to: 58, lengths: [13, 14, 15, 16, 17, 18, 19] },
  { from: 63, to: 63, lengths: [13, 14, 15, 16, 17, 18, 19] },
  { from: 67, to: 67, lengths: [13, 14, 15, 16, 17, 18, 19] },
];

export const CARD_DIGITS = { least: 13, most: 19 };
const PREFIX_DIGITS = 4;

/** For each four digits with which a number may begin: a bit for each length that a card can have. */
const LENGTHS = lengthsByPrefix();

function lengthsByPrefix(): Uint32Array {
  const byPrefix = new Uint32Array(10 ** PREFIX_DIGITS);
  for (const { from, to, lengths } of NETWORKS) {
    const unit = 10 ** (PREFIX_DIGITS - String(from).length);
    const bits = lengths.reduce((all, length) => all | (1 << length), 0);
    for (let prefix = from * unit; prefix < (to + 1) * unit; prefix++)
      byPrefix[prefix] = (byPrefix[prefix] ?? 0) | bits;
  }
  return byPrefix;
}

/** What people put between the digits of a card: white space and dashes of any kind. A part of a character class. */
export const SEPARATORS = "\\s\\u200b\\u2010-\\u2015\\u2212\\-";
const SEPARATOR = new RegExp(`[${SEPARATORS}]`);
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;
const PHONE_DIGITS = 15; // at most, by E.164
const SPACE = " ".charCodeAt(0);
const PLUS = "+".charCodeAt(0);
const DASH = "-".charCodeAt(0);
const ZERO = "0".charCodeAt(0);
const NINE = "9".charCodeAt(0);

/**
 * Whether a text contains the number of a payment card: 13 to 19 digits in groups of any size with white space and dashes between
 * them, which begin like a network's numbers, have one of its lengths, and end with the right check digit.
 *
 * Not taken for cards, although one in ten would pass the check: the digits of a UUID, 13 digits that are a valid EAN-13
 * barcode, numbers that rise step by step, and up to 15 digits after a `+`, which are a telephone number.
 *
 * Its time grows with the length of the text, whatever is in it.
 */
export function hasCardNumber(text: string): boolean {
  if (text.length < CARD_DIGITS.least) return false;
  const plain = text.normalize("NFKC").replace(UUID, "x"); // NFKC turns digits of full width into ASCII
  const run = new Run();
  let afterPlus = false;
  let isInGroup = false;
  for (let at = 0; at < plain.length; at++) {
    const code = plain.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      if (run.length === 0) run.isPhone = afterPlus;
      run.add(code - ZERO, !isInGroup);
      isInGroup = true;
      continue;
    }
    if (isInGroup && run.hasCardAtEnd()) return true;
    isInGroup = false;
    if (isSeparator(code)) continue;
    run.clear();
    afterPlus = code === PLUS;
  }
  return isInGroup && run.hasCardAtEnd();
}

export function isSeparator(code: number): boolean {
  if (code === SPACE || code === DASH) return true;
  return code > NINE && code < 128 ? false : SEPARATOR.test(String.fromCharCode(code));
}

/** Whether digits begin like the numbers of a card network, and have one of its lengths. */
export function beginsLikeCard(digits: string): boolean {
  const bits = LENGTHS[Number(digits.slice(0, PREFIX_DIGITS))] ?? 0;
  return (bits & (1 << digits.length)) !== 0;
}

const KEPT = 32; // a power of two, above the digits of a card
const AT = KEPT - 1; // place of a digit: `index & AT`

/**
 * Groups of digits with only separators between them. A card may begin and end at any group, because other digits may be beside
 * it. Only the last digits are kept, as many as a card can have.
 */
class Run {
  /** Whether it follows a `+`. */
  isPhone = false;
  #length = 0;
  /** A card that ends within as many digits as a telephone number has. */
  #maybe = false;
  readonly #digits = new Uint8Array(KEPT);
  /** Whether a group begins at a digit. */
  readonly #begins = new Uint8Array(KEPT);
  /** Sums of the digits before each place, in which every second one counts double: the even ones, and the odd ones. */
  readonly #sums = [new Int32Array(KEPT), new Int32Array(KEPT)] as const;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    this.#maybe = false;
    for (const sums of this.#sums) sums[0] = 0;
  }

  add(digit: number, begins: boolean): void {
    const at = this.#length++;
    this.#digits[at & AT] = digit;
    this.#begins[at & AT] = begins ? 1 : 0;
    const doubled = digit * 2 - (digit > 4 ? 9 : 0);
    const [even, odd] = this.#sums;
    even[(at + 1) & AT] = (even[at & AT] ?? 0) + (at % 2 === 0 ? doubled : digit);
    odd[(at + 1) & AT] = (odd[at & AT] ?? 0) + (at % 2 === 1 ? doubled : digit);
  }

  /** Whether a card ends with the last digit, which is the last of its group. */
  hasCardAtEnd(): boolean {
    this.#maybe ||= this.#endsCard();
    return this.#maybe && !(this.isPhone && this.#length <= PHONE_DIGITS);
  }

  #endsCard(): boolean {
    const to = this.#length;
    for (let digits = CARD_DIGITS.least; digits <= CARD_DIGITS.most && digits <= to; digits++) {
      const from = to - digits;
      if (!this.#begins[from & AT] || ((LENGTHS[this.#prefixAt(from)] ?? 0) & (1 << digits)) === 0) continue;
      if (this.#hasLuhnDigit(from) && !this.#isBarcode(from) && !this.#isSeries(from)) return true;
    }
    return false;
  }

  #prefixAt(from: number): number {
    let prefix = 0;
    for (let at = from; at < from + PREFIX_DIGITS; at++) prefix = prefix * 10 + (this.#digits[at & AT] ?? 0);
    return prefix;
  }

  /** ISO/IEC 7812: from the last digit backwards, every second one counts double, as the sum of its digits. */
  #hasLuhnDigit(from: number): boolean {
    const sums = this.#sums[(this.#length % 2) as 0 | 1];
    return ((sums[this.#length & AT] ?? 0) - (sums[from & AT] ?? 0)) % 10 === 0;
  }

  /** EAN-13: digits count once and three times in turn. */
  #isBarcode(from: number): boolean {
    if (this.#length - from !== 13) return false;
    let sum = 0;
    for (let at = from; at < this.#length; at++) sum += (this.#digits[at & AT] ?? 0) * ((at - from) % 2 === 0 ? 1 : 3);
    return sum % 10 === 0;
  }

  /** Numbers that rise by the same step, such as the sizes `36-37-38-39-40-41-42`. */
  #isSeries(from: number): boolean {
    const numbers: number[] = [];
    for (let at = from; at < this.#length; at++) {
      const digit = this.#digits[at & AT] ?? 0;
      if (this.#begins[at & AT]) numbers.push(digit);
      else numbers.push((numbers.pop() ?? 0) * 10 + digit);
    }
    const [first = 0, second = 0] = numbers;
    const step = second - first;
    return numbers.length >= 4 && step > 0 && numbers.every((number, at) => number === first + step * at);
  }
}

/** Everything in the file is priced in pounds; amounts inside the replay are whole pence. */
export const CURRENCY = "GBP";

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d+))?$/;

/** Whether the text is a decimal number of at most 12 digits before the point. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/**
 * Whole pence of a decimal number of pounds, read digit by digit: no floating point is involved. "2.1" is 210.
 * Gives `undefined` when the amount is not a whole number of pence.
 * @throws Error when the text is no decimal number
 */
export function parsePence(text: string): number | undefined {
  const [, sign, pounds, decimals = ""] = DECIMAL.exec(text) ?? [];
  if (pounds === undefined) throw new Error(`"${text}" is not an amount`);
  if (/[1-9]/.test(decimals.slice(2))) return undefined;
  const pence = Number(pounds) * 100 + Number(decimals.slice(0, 2).padEnd(2, "0"));
  return sign === "-" && pence !== 0 ? -pence : pence;
}

/** Whole pence as text in pounds: 255 is "2.55". */
export function formatPence(pence: number): string {
  const digits = String(Math.abs(pence)).padStart(3, "0");
  return `${pence < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Whole pence as the decimal number the shop takes: 255 is 2.55, the same number that its text reads as. */
export function toAmount(pence: number): number {
  return Number(formatPence(pence));
}

/**
 * Whole pence of an amount the shop answered.
 * The shortest text of a number from JSON is the text the shop wrote, so that nothing is rounded on the way.
 * @throws Error when it is not a whole number of pence
 */
export function fromAmount(amount: unknown): number {
  const pence = typeof amount === "number" ? parsePence(String(amount)) : undefined;
  if (pence === undefined) throw new Error(`the shop answered an amount that is not in whole pence: ${String(amount)}`);
  return pence;
}

/**
 * Adds pence.
 * @throws Error beyond 2^53, where adding integers stops being exact
 */
export function addPence(sum: number, pence: number): number {
  const result = sum + pence;
  if (!Number.isSafeInteger(result)) throw new Error("the sum of money is too large to be exact");
  return result;
}

/** So many percent in whole pence, half up. Worked out apart from the shop's own way. */
export function part(minor: number, percent: number): number {
  const hundredths = BigInt(Math.round(percent * 100));
  return Number((2n * BigInt(minor) * hundredths + 10_000n) / 20_000n);
}

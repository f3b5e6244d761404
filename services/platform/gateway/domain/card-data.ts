import { beginsLikeCard, CARD_DIGITS, hasCardNumber, isSeparator, SEPARATORS } from "./card-numbers.ts";

/**
 * Fields that may have any digits: a shop may use barcodes or numbers of its own as skus, and nobody enters a card there. A
 * batch of prices has 10,000 of them.
 */
const EXEMPT: ReadonlySet<string> = new Set(["sku", "skus"]);

/** Fields that are refused whatever they hold, by their names in lower case without punctuation. */
const CARD_FIELDS: ReadonlySet<string> = new Set([
  ...["cvv", "cvv2", "cvc", "cvc2", "cvn", "cvn2", "cardcvv", "cardcvc", "securitycode", "cardsecuritycode"],
  ...["cardverificationvalue", "cardverificationcode"],
  ...["cardnumber", "cardno", "ccnumber", "creditcardnumber", "debitcardnumber", "primaryaccountnumber"],
]);

/** Enough digits for a card in the text of a JSON body, in which white space may be escaped. */
const RUN = new RegExp(`[0-9](?:(?:[${SEPARATORS}]|\\\\[nrtf])*[0-9]){${CARD_DIGITS.least - 1}}`);
/** An escaped character or a digit of full width, which could be a digit, and a number with an exponent. */
const DISGUISED = /\\u|[\uff10-\uff19]|[0-9.][eE][-+]?[0-9]+\s*[,\]}]/;
/** A part of the names of card fields. */
const NAMES = /cv[vcn]|card|cc\W?num|security\W?c|account\W?num/i;

/** Whether the text of a JSON body must be looked at closely. Cheap, because it is asked of every body. */
export function mayHoldCardData(text: string): boolean {
  return hasLongRun(text) || DISGUISED.test(text) || NAMES.test(text);
}

/** Characters that may be in `RUN`, by their codes below 128. */
const IN_RUN = Uint8Array.from({ length: 128 }, (_, code) =>
  Number(isSeparator(code) || /[0-9\\nrtf]/.test(String.fromCharCode(code))),
);

function isInRun(code: number): boolean {
  return code < IN_RUN.length ? IN_RUN[code] === 1 : isSeparator(code);
}

/**
 * Whether `RUN` is anywhere in a text. It is at least `least` characters long, so it is enough to look at each `least`-th
 * character, and closer only where one is found that may be in it.
 */
function hasLongRun(text: string): boolean {
  const { least } = CARD_DIGITS;
  for (let at = least - 1, end = 0; at < text.length; at += least) {
    if (!isInRun(text.charCodeAt(at))) continue;
    let from = at;
    while (from > end && isInRun(text.charCodeAt(from - 1))) from--;
    end = at + 1;
    while (end < text.length && isInRun(text.charCodeAt(end))) end++;
    if (end - from >= least && RUN.test(text.slice(from, end))) return true;
    at = end; // the character there is in no run
  }
  return false;
}

/**
 * Finds card data in a parsed body.
 * @returns a JSON pointer to the field, in which nothing of the data is repeated; undefined when there is none
 */
export function findCardData(body: unknown): string | undefined {
  return find(body, false, new Set());
}

/** @param known names of fields that are fine, because a batch repeats the same ones in each row */
function find(value: unknown, exempt: boolean, known: Set<string>): string | undefined {
  if (typeof value === "string") return !exempt && hasCardNumber(value) ? "" : undefined;
  if (typeof value === "number") return !exempt && isCardNumber(value) ? "" : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const found = find(value[at], exempt, known);
      if (found !== undefined) return `/${at}${found}`;
    }
    return undefined;
  }
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name];
    if (!known.has(name)) {
      if (hasCardNumber(name)) return "/…";
      if (!isCardField(name)) known.add(name);
      else if (inner !== null && inner !== "") return `/${name}`;
    }
    const found = find(inner, EXEMPT.has(name), known);
    if (found !== undefined) return `/${name}${found}`;
  }
  return undefined;
}

function isCardField(name: string): boolean {
  return CARD_FIELDS.has(name.toLowerCase().replace(/[^a-z0-9]/g, ""));
}

/**
 * Whole numbers of 17 digits and more are not exact any more, so their last digit says nothing; nobody sends such a number with
 * another meaning, as it would be wrong.
 */
function isCardNumber(value: number): boolean {
  const whole = Math.abs(Math.trunc(value));
  if (whole < 10 ** (CARD_DIGITS.least - 1) || whole >= 10 ** CARD_DIGITS.most) return false;
  const digits = BigInt(whole).toString();
  return Number.isSafeInteger(whole) ? hasCardNumber(digits) : beginsLikeCard(digits);
}

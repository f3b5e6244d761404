import { minorDigits } from "#lib/contract/money.ts";

/** How a country writes money, figures and dates. The words of a document are English. */
export interface Formats {
  /** With the currency, such as `£1,234.50`. */
  money(amount: number): string;
  /** In the digits of the currency, without its name. */
  amount(amount: number): string;
  quantity(pieces: number): string;
  percent(rate: number): string;
  date(iso: string): string;
  country(code: string): string;
}

const COUNTRIES = new Intl.DisplayNames("en", { type: "region", fallback: "code" });
const DIGITS = { numberingSystem: "latn" } as const;
const MOST_RATE_DIGITS = 3;
/** The letters of a script that the fonts do not have, such as those of some signs of currencies. */
const FOREIGN = /(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{L}/u;
/** Marks of direction that some locales add, and spaces that differ only in their width. */
const MARKS = /[\u200e\u200f\u061c]/g;
const SPACES = /[\u202f\u2009]/g;

/** The formats of the language that most people of a country speak: `de-CH` for Switzerland. */
export function formatsOf(country: string, currency: string): Formats {
  const { language } = new Intl.Locale(`und-${country}`).maximize();
  const locale = `${language}-${country}`; // with a script as well, some formats of the country are not found
  const digits = minorDigits(currency);
  const exact = { ...DIGITS, minimumFractionDigits: digits, maximumFractionDigits: digits };
  const named = new Intl.NumberFormat(locale, { ...exact, style: "currency", currency });
  const coded = new Intl.NumberFormat(locale, { ...exact, style: "currency", currency, currencyDisplay: "code" });
  const money = FOREIGN.test(named.format(0)) ? coded : named;
  const amount = new Intl.NumberFormat(locale, exact);
  const quantity = new Intl.NumberFormat(locale, DIGITS);
  const rate = new Intl.NumberFormat(locale, { ...DIGITS, maximumFractionDigits: MOST_RATE_DIGITS });
  const date = new Intl.DateTimeFormat(locale, {
    ...{ day: "2-digit", month: "2-digit", year: "numeric", calendar: "gregory", timeZone: "UTC" },
    ...DIGITS,
  });
  return {
    money: (value) => plain(money.format(value)),
    amount: (value) => plain(amount.format(value)),
    quantity: (value) => plain(quantity.format(value)),
    percent: (value) => `${plain(rate.format(value))} %`,
    date: (iso) => plain(date.format(new Date(iso))),
    country: (code) => (/^[A-Z]{2}$/.test(code) ? (COUNTRIES.of(code) ?? code) : code),
  };
}

function plain(text: string): string {
  return text.replace(MARKS, "").replace(SPACES, "\u00a0").replace("￥", "¥");
}

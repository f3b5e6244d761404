import { canonicalLocale, localesOf } from "#config/locales.ts";
import { FormedText } from "./text.ts";

/** The schema of a language, with a region or not, as BCP 47 writes it. */
export const Locale = FormedText("a locale", "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", {
  maxLength: 30,
  examples: ["de-AT"],
});

const LANGUAGES_READ = 10; // of a header: what comes later is wanted least

/** A locale and the more general ones, the most specific one first: `de-AT` and `de`. */
export function localeChain(locale: string): string[] {
  const parts = locale.split("-");
  return parts.map((_, at) => parts.slice(0, parts.length - at).join("-"));
}

/** The languages of a shop: its own one, and those that it is translated into; `undefined`: any. */
export interface ShopLocales {
  own: string;
  offered: ReadonlySet<string> | undefined;
}

const OWN_LOCALE = "en"; // of a shop that names none

export function shopLocales(setting: string | undefined): ShopLocales {
  const locales = setting === undefined ? undefined : localesOf(setting);
  return { own: locales?.[0] ?? OWN_LOCALE, offered: locales && new Set(locales) };
}

/**
 * The locale that a client wants most and the shop has, by its `Accept-Language` (RFC 9110); `undefined` when that is the
 * shop's own, or when the header names none that the shop has.
 */
export function wantedLocale(header: string, { own, offered }: ShopLocales): string | undefined {
  for (const locale of languagesOf(header)) {
    const found = localeChain(locale).find((one) => one === own || !offered || offered.has(one));
    if (found === undefined) continue;
    // `en-GB` is no translation of a shop in English, unless the shop says so.
    return found === own || (!offered && localeChain(locale).includes(own)) ? undefined : found;
  }
  return undefined;
}

/** The languages of the header, the most wanted first. */
function languagesOf(header: string): string[] {
  return header
    .split(",", LANGUAGES_READ)
    .flatMap((part) => {
      const [tag = "", ...rest] = part.trim().split(";");
      const locale = canonicalLocale(tag.trim());
      const quality = Number(/^\s*q=([\d.]{1,5})\s*$/.exec(rest[0] ?? "q=1")?.[1] ?? 0);
      return locale !== undefined && quality > 0 ? [{ locale, quality }] : [];
    })
    .sort((a, b) => b.quality - a.quality)
    .map(({ locale }) => locale);
}

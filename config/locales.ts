const LOCALE = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i;

/** The usual way of writing a locale: `de-at` becomes `de-AT`; `undefined` when it is none. */
export function canonicalLocale(text: string): string | undefined {
  if (!LOCALE.test(text)) return undefined;
  try {
    return Intl.getCanonicalLocales(text)[0];
  } catch {
    return undefined;
  }
}

/** The locales of a setting such as `en,de,de-AT`; `undefined` when one of them is none. */
export function localesOf(setting: string): string[] | undefined {
  const locales = setting.split(",").map((text) => canonicalLocale(text.trim()));
  return locales.some((locale) => locale === undefined) ? undefined : (locales as string[]);
}

import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve("@expo-google-fonts/inter/package.json"));

/** Inter has Latin, Greek and Cyrillic letters with all their accents, under an open licence that lets it be embedded. */
export const FONTS = {
  regular: join(folder, "400Regular/Inter_400Regular.ttf"),
  medium: join(folder, "500Medium/Inter_500Medium.ttf"),
  bold: join(folder, "600SemiBold/Inter_600SemiBold.ttf"),
} as const;

export type Font = keyof typeof FONTS;

/** Stands for what the font cannot show: a run of such characters has one. PDF/A forbids a character without a glyph. */
const UNKNOWN = "□";

/** A text with only what a font has. */
export function showable(text: string, has: (codePoint: number) => boolean): string {
  let shown = "";
  for (const character of text.normalize("NFC").replace(/\s+/g, (space) => (space === "\u00a0" ? space : " "))) {
    if (has(character.codePointAt(0) ?? 0)) shown += character;
    else if (!/\p{M}|\p{Cf}/u.test(character) && !shown.endsWith(UNKNOWN)) shown += UNKNOWN;
  }
  return shown;
}

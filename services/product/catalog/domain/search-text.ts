/**
 * Text as it is searched: without case, accents and repeated blanks. Characters beyond ASCII are written as `Z` and their
 * number: whether Postgres takes them for letters, and so whether its index of trigrams knows them, depends on the locale
 * of the server. Folded text has no other capital letter, so a text contains another one exactly when its folded form does.
 */
export function fold(text: string): string {
  const plain = isAscii(text)
    ? text
    : text
        .normalize("NFKD")
        .replace(/[\u0300-\u036f]/g, "")
        .replace(/[đĐ]/g, "d");
  // A sigma at the end of a word has a form of its own, but not when the rest of the word follows.
  const folded = plain
    .toLowerCase()
    .replaceAll("ς", "σ")
    .replace(/[\s\0]+/g, " ")
    .trim();
  return isAscii(folded) ? folded : folded.replace(/[^ -~]/gu, encoded);
}

const CODE_CHARS = 5; // hexadecimal digits of a code point

function isAscii(text: string): boolean {
  return !/[^\0-~]/.test(text);
}

function encoded(character: string): string {
  return `Z${(character.codePointAt(0) ?? 0).toString(16).padStart(CODE_CHARS, "0")}`;
}

/** What a product is found by. A blank begins each part, so that the beginnings of all words look the same. */
export function searchText({ title, skus }: { title: string; skus: readonly string[] }): string {
  return [title, ...skus].map((part) => ` ${fold(part)}`).join("\n");
}

const PART_CHARS = 3; // fewer characters are in most texts, and in no trigram: they must begin a word

/** A pattern for LIKE on folded text, taking `%` and `_` literally; `undefined` for no text. */
export function containing(text: string | undefined): string | undefined {
  const asked = fold(text ?? "");
  if (asked === "") return undefined;
  return `%${asked.length < PART_CHARS ? " " : ""}${asked.replace(/[\\%_]/g, "\\$&")}%`;
}

import { createHash } from "node:crypto";
import { reviewLimits } from "./limits.ts";

/** Why a review waits for staff. */
export const moderationRules = ["links", "shouting", "repetition", "copied"] as const;
export type ModerationRule = (typeof moderationRules)[number];

export interface Written {
  title: string;
  text: string;
}

const ADDRESS = /https?:\/\/|\bwww\.|\w@\w[\w-]{0,62}\.\w/i;
const NAME =
  /[a-z0-9-]{2,63}\.(?:com|net|org|info|biz|shop|store|online|site|link|xyz|top|app|dev|io|me|co|ru|cn|de|uk|fr|eu)\b/i;

/** The rules that a review breaks; none: it may be shown at once. @param isCopied whether another review has the same text */
export function brokenRules(written: Written, isCopied: boolean): ModerationRule[] {
  const parts = [written.title, written.text].map((part) => part.normalize("NFKC"));
  const broken: Readonly<Record<ModerationRule, boolean>> = {
    links: parts.some((part) => ADDRESS.test(part) || NAME.test(part)),
    shouting: parts.some(isShouted),
    repetition: parts.some(
      (part) => hasRun([...part], 1, reviewLimits.SAME_CHARACTERS) || repeatsPhrase(wordsOf(part)),
    ),
    copied: isCopied,
  };
  return moderationRules.filter((rule) => broken[rule]);
}

/**
 * The same for texts that differ only in case, punctuation or spaces; undefined for a text that is so short that two people
 * may well write the same one.
 */
export function fingerprintOf(text: string): string | undefined {
  const words = wordsOf(text.normalize("NFKC"));
  if (words.reduce((letters, word) => letters + word.length, 0) < reviewLimits.COPIED_LETTERS) return undefined;
  return createHash("sha256").update(words.join(" ")).digest("base64url");
}

function isShouted(part: string): boolean {
  const capitals = part.match(/\p{Lu}/gu)?.length ?? 0;
  const letters = capitals + (part.match(/\p{Ll}/gu)?.length ?? 0); // others, such as Chinese ones, have no capitals
  return letters >= reviewLimits.SHOUTED_LETTERS && capitals * 100 >= letters * reviewLimits.SHOUTED_PERCENT;
}

function wordsOf(part: string): string[] {
  return part.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

function repeatsPhrase(words: readonly string[]): boolean {
  for (let length = 1; length <= reviewLimits.PHRASE_WORDS; length++)
    if (hasRun(words, length, reviewLimits.SAME_PHRASES)) return true;
  return false;
}

/** Whether the same `length` items follow each other `times` times. Spaces do not count as items of a text. */
function hasRun(items: readonly string[], length: number, times: number): boolean {
  let same = 0;
  for (let at = length; at < items.length; at++) {
    const isSame = items[at] === items[at - length] && items[at]?.trim() !== "";
    same = isSame ? same + 1 : 0;
    if (same >= length * (times - 1)) return true;
  }
  return false;
}

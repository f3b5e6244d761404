// What a postal code of a rate means, and how narrow it is: an exact one counts more than any prefix or range, and those
// count by the characters that they fix.

const LONGEST = 20;

interface Range {
  from: string;
  to: string;
}

/** The two ends of a range. A hyphen between parts of different lengths belongs to the code itself, as in `10001-1234`. */
function rangeOf(zip: string): Range | undefined {
  const [from = "", to = "", ...more] = zip.split("-");
  return more.length === 0 && from.length === to.length && from !== "" ? { from, to } : undefined;
}

/** Whether a rate may have this postal code: `10001`, `100*` or `90001-90899`. */
export function isZipPattern(zip: string): boolean {
  const text = compact(zip);
  if (!/^[0-9A-Z-]+\*?$/.test(text)) return false;
  const range = rangeOf(text);
  return range === undefined || range.from <= range.to;
}

/** @returns how narrow a pattern is that holds for a postal code, from 2 for all of them to 4; undefined for one that does not */
export function zipMatch(pattern: string, zipCode: string): number | undefined {
  const [text, zip] = [compact(pattern), compact(zipCode)];
  if (text.endsWith("*")) {
    const prefix = text.slice(0, -1);
    return zip.startsWith(prefix) ? 2 + prefix.length / LONGEST : undefined;
  }
  const range = rangeOf(text);
  if (range) {
    const head = zip.slice(0, range.from.length);
    if (head.length < range.from.length || head < range.from || head > range.to) return undefined;
    return 2 + commonPrefix(range) / LONGEST;
  }
  return zip === text || zip.startsWith(`${text}-`) ? 4 : undefined;
}

function compact(zip: string): string {
  return zip.replace(/\s/g, "").toUpperCase();
}

function commonPrefix({ from, to }: Range): number {
  let length = 0;
  while (length < from.length && from[length] === to[length]) length += 1;
  return length;
}

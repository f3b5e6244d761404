/** The ids from `first` to `last`, both included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** Every id that a row can have. */
export const ALL_IDS: readonly IdRange[] = [{ first: 1, last: Number.MAX_SAFE_INTEGER }];

/** Ascending ranges without the ids of another one. */
export function without(ranges: readonly IdRange[], { first, last }: IdRange): readonly IdRange[] {
  return ranges.flatMap((range) => {
    if (range.last < first || range.first > last) return [range];
    const below = range.first < first ? [{ first: range.first, last: first - 1 }] : [];
    const above = range.last > last ? [{ first: last + 1, last: range.last }] : [];
    return [...below, ...above];
  });
}

/** Ascending ranges with one more id. Those that touch each other become one. */
export function including(ranges: readonly IdRange[], id: number): readonly IdRange[] {
  const below = ranges.filter(({ last }) => last < id - 1);
  const above = ranges.filter(({ first }) => first > id + 1);
  const touching = ranges.slice(below.length, ranges.length - above.length);
  const first = Math.min(id, ...touching.map((range) => range.first));
  const last = Math.max(id, ...touching.map((range) => range.last));
  return [...below, { first, last }, ...above];
}

/** The categories above each one, the nearest first. A circle, which the catalogue does not allow, ends where it begins. */
export function pathsOf(
  categories: readonly { slug: string; parent: string | null }[],
): Map<string, readonly string[]> {
  const parents = new Map(categories.map(({ slug, parent }) => [slug, parent]));
  const above = (slug: string, seen: readonly string[]): readonly string[] => {
    const parent = parents.get(slug);
    return !parent || seen.includes(parent) ? seen : above(parent, [...seen, parent]);
  };
  return new Map(categories.map(({ slug }) => [slug, above(slug, [])]));
}

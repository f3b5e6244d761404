import { type Product, sortedFacts } from "./product.ts";

/**
 * `immediate`: the shop shows the draft. `drafts`: it shows a snapshot. Between them, at a start with another setting, nobody
 * can write: `starting` makes the draft the first version, `ending` publishes what is left of the draft.
 */
export type Mode = "immediate" | "starting" | "drafts" | "ending";

export type PublicationState = "scheduled" | "cancelled" | "publishing" | "published" | "rolled back";

/** What became of a product between two snapshots. */
export type Difference =
  | { kind: "added"; after: Product }
  | { kind: "changed"; before: Product; after: Product; properties: string[] }
  | { kind: "removed"; before: Product };

/** @returns undefined for two products without a difference in their facts */
export function differenceOf(before: Product | undefined, after: Product | undefined): Difference | undefined {
  if (!before) return after && { kind: "added", after };
  if (!after) return { kind: "removed", before };
  const properties = changedProperties(before, after);
  return properties.length > 0 ? { kind: "changed", before, after, properties } : undefined;
}

function changedProperties(before: Product, after: Product): string[] {
  const [old, own] = [sortedFacts(before), sortedFacts(after)];
  return Object.keys(own).filter((name) => JSON.stringify(old[name]) !== JSON.stringify(own[name]));
}

export type RollBack = { kind: "show" } | { kind: "shown already" } | { kind: "refuse"; why: string };

/** A version can be shown again when it is complete, whether it was ever shown or not. */
export function decideRollBack(publication: {
  state: PublicationState;
  isPrepared: boolean;
  isShown: boolean;
}): RollBack {
  if (publication.isShown) return { kind: "shown already" };
  switch (publication.state) {
    case "scheduled":
      return { kind: "refuse", why: "It is scheduled: there is nothing of it yet." };
    case "cancelled":
      return { kind: "refuse", why: "It was cancelled before its time." };
    case "publishing":
      return { kind: "refuse", why: "It is being published, and is shown as soon as it is complete." };
    case "published":
    case "rolled back":
      return publication.isPrepared ? { kind: "show" } : { kind: "refuse", why: "It is not complete yet." };
    default:
      return publication.state satisfies never;
  }
}

import type { FieldError } from "#lib/contract/errors.ts";
import type { WholeSet } from "./attributes.ts";
import { catalogLimits } from "./limits.ts";

/** A set of attributes as it was defined: what it adds to the set that it extends. */
export interface AttributeSet {
  code: string;
  attributes: string[];
  axes: string[];
  extends: string | null;
}

/** A set, and those that it extends, from the bottom up; one that is unknown, or comes a second time, ends the line. */
function lineOf(code: string, sets: ReadonlyMap<string, AttributeSet>): AttributeSet[] {
  const line: AttributeSet[] = [];
  const seen = new Set<string>();
  for (let at: string | null = code; at !== null && !seen.has(at); ) {
    const set = sets.get(at);
    if (!set) break;
    seen.add(at);
    line.push(set);
    at = set.extends;
  }
  return line;
}

/** The set with what it inherits, the inherited attributes first. */
export function wholeSet(code: string, sets: ReadonlyMap<string, AttributeSet>): WholeSet {
  const line = lineOf(code, sets).reverse();
  return {
    attributes: [...new Set(line.flatMap(({ attributes }) => attributes))],
    axes: [...new Set(line.flatMap(({ axes }) => axes))],
  };
}

/**
 * Why a set cannot be as it is now, or the sets that extend it cannot, by JSON pointer into the request that changed it.
 * @param sets all sets of the shop, with this one
 * @param known codes of those attributes that exist
 */
export function setFaults(
  set: AttributeSet,
  sets: ReadonlyMap<string, AttributeSet>,
  known: ReadonlySet<string>,
): FieldError[] {
  const faults: FieldError[] = set.attributes.flatMap((code, at) =>
    known.has(code) ? [] : [{ path: `/attributes/${at}`, message: `${code} is not an attribute` }],
  );
  if (set.extends !== null) {
    const line = lineOf(set.code, sets);
    const top = line.at(-1)?.extends;
    if (!sets.has(set.extends)) faults.push({ path: "/extends", message: `${set.extends} is not an attribute set` });
    else if (top !== null) faults.push({ path: "/extends", message: `${set.extends} extends ${set.code}` });
  }
  if (faults.length > 0) return faults;
  const { SET_DEPTH, SET_ATTRIBUTES } = catalogLimits;
  const below = setsBelow(set.code, sets);
  if ([set.code, ...below].some((code) => lineOf(code, sets).length > SET_DEPTH))
    faults.push({ path: "/extends", message: `makes more than ${SET_DEPTH} levels` });
  if ([set.code, ...below].some((code) => wholeSet(code, sets).attributes.length > SET_ATTRIBUTES))
    faults.push({ path: "/attributes", message: `make more than ${SET_ATTRIBUTES} attributes in one set` });
  for (const code of [set.code, ...below]) {
    const { attributes, axes } = wholeSet(code, sets);
    const strange = axes.find((axis) => !attributes.includes(axis));
    if (strange === undefined) continue;
    const at = set.axes.indexOf(strange);
    const where = code === set.code ? "" : ` ${code}`;
    faults.push({
      path: at >= 0 ? `/axes/${at}` : "/attributes",
      message: `${strange} is an axis, and must be an attribute of the set${where}`,
    });
  }
  return faults;
}

/** Codes of the sets that extend this one, directly or not. */
export function setsBelow(code: string, sets: ReadonlyMap<string, AttributeSet>): string[] {
  return [...sets.keys()].filter((other) => other !== code && lineOf(other, sets).some((set) => set.code === code));
}

/**
 * What products of a set may have had and may not have any more. A product that has a value of it keeps the set from being
 * changed.
 */
export function lostPlaces(before: WholeSet, after: WholeSet): { ofProducts: string[]; ofVariants: string[] } {
  const ofProduct = ({ attributes, axes }: WholeSet) => attributes.filter((code) => !axes.includes(code));
  return {
    ofProducts: ofProduct(before).filter((code) => !ofProduct(after).includes(code)),
    ofVariants: before.axes.filter((code) => !after.axes.includes(code)),
  };
}

import { faults as faultsOf } from "#lib/contract/validation.ts";
import type { AttributeType, Definitions } from "../attributes.ts";
import { conflictsOf, type Lookup } from "../conflicts.ts";
import {
  type Attributes,
  type AttributeValue,
  type Product,
  type ProductFacts,
  type ProductInput,
  productFacts,
} from "../product.ts";
import { NewProduct } from "../schemas.ts";
import { type Draft, merged, type RowFault } from "./draft.ts";

/** A product of a file that may be written, unless it conflicts with others. */
export interface Candidate {
  draft: Draft;
  /** Its place among the products of the chunk. */
  index: number;
  input: ProductInput;
  facts: ProductFacts;
}

export interface Judged {
  candidates: Candidate[];
  /** Faults by the place of the product. */
  faults: Map<number, RowFault[]>;
}

interface Known {
  /** Stored products by slug. */
  stored: ReadonlyMap<string, Product>;
  /** Slugs of products that are earlier in the file. */
  seen: ReadonlySet<string>;
  newId(): string;
}

/** Which drafts are products in themselves, and what is wrong with the others. */
export function judge(drafts: readonly (Draft | undefined)[], { stored, seen, newId }: Known): Judged {
  const judged: Judged = { candidates: [], faults: new Map() };
  const before = new Set(seen);
  drafts.forEach((draft, index) => {
    if (!draft) return;
    const own = stored.get(draft.slug);
    const input = merged(own, draft);
    const found = before.has(draft.slug)
      ? [{ row: draft.variants[0]?.row ?? 0, message: "the rows of a product must follow one another" }]
      : faultsOf(NewProduct, input).map(({ path, message }) => faultAt(draft, path, message));
    before.add(draft.slug);
    if (found.length > 0) judged.faults.set(index, found);
    else
      judged.candidates.push({
        draft,
        index,
        input,
        facts: productFacts(own?.productId ?? newId(), input),
      });
  });
  return judged;
}

/** Gives values the types of their attributes, where a product has a set. A cell does not say whether its `5` is a text. */
export function typed(candidates: readonly Candidate[], { attributes }: Definitions): Candidate[] {
  const fitted = (values: Attributes): Attributes =>
    Object.fromEntries(
      Object.entries(values).map(([code, value]) => [code, asType(attributes.get(code)?.type, value)]),
    );
  return candidates.map((candidate) => {
    const { facts } = candidate;
    if (facts.attributeSet === null) return candidate;
    const variants = facts.variants.map((variant) => ({ ...variant, attributes: fitted(variant.attributes) }));
    return { ...candidate, facts: { ...facts, attributes: fitted(facts.attributes), variants } };
  });
}

/** The value as this type, if it can be that; otherwise as it is, so that it is refused. */
function asType(type: AttributeType | undefined, value: AttributeValue): AttributeValue {
  switch (type) {
    case "text":
    case "date":
    case "option":
      return String(value);
    case "number":
      return typeof value === "string" && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value;
    case "boolean":
      return typeof value === "string" && /^(true|false)$/i.test(value) ? value.toLowerCase() === "true" : value;
    case undefined:
      return value;
  }
}

/** Leaves out the products that conflict with the catalogue or with one another, until the others can be written together. */
export function withoutConflicts({ candidates, faults }: Judged, found: Lookup): Judged {
  const left = { candidates, faults: new Map(faults) };
  for (;;) {
    const conflicts = conflictsOf(
      left.candidates.map(({ facts }) => facts),
      found,
    );
    if (conflicts.length === 0) return left;
    for (const { index: at, path, message } of conflicts) {
      const { draft, index } = left.candidates[at] as Candidate;
      left.faults.set(index, [...(left.faults.get(index) ?? []), faultAt(draft, path, message)]);
    }
    left.candidates = left.candidates.filter(({ index }) => !left.faults.has(index));
  }
}

/** A fault of a property as one of the row that it comes from. */
function faultAt({ variants }: Draft, path: string, message: string): RowFault {
  const [, position, rest] = /^\/variants\/(\d+)\/(.+)$/.exec(path) ?? [];
  const row = variants[Number(position ?? 0)]?.row ?? variants[0]?.row ?? 0;
  const name = (rest ?? path.slice(1)).replace(/~1/g, "/").replace(/~0/g, "~");
  return { row, message: name === "" ? message : `${name}: ${message}` };
}

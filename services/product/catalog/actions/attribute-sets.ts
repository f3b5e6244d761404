import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import * as store from "../attributes.store.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { type AttributeSet, lostPlaces, setFaults, setsBelow, wholeSet } from "../domain/attribute-sets.ts";
import { catalogLimits } from "../domain/limits.ts";

type Actions = typeof catalog.actions;

const listAttributeSets: Handler<Actions["attributeSets"]> = async (ctx, params) => {
  const { page, limit, offset } = paging(params);
  const [attributeSets, total] = await store.pageOfSets(ctx.db, { limit, offset });
  return { attributeSets, pagination: { page, limit, total } };
};

const getAttributeSet: Handler<Actions["getAttributeSet"]> = async (ctx, { code }) => {
  const set = await store.findSet(ctx.db, code);
  if (!set) throw unknown(code);
  return set;
};

const createAttributeSet: Handler<Actions["createAttributeSet"]> = transactional(
  async (ctx, { code, attributes, axes = [], extends: parent = null }) =>
    ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      const sets = await store.allSets(tx);
      if (sets.has(code)) throw new DomainError("ALREADY_EXISTS", `There is an attribute set ${code} already.`);
      if (sets.size >= catalogLimits.ATTRIBUTE_SETS)
        throw new DomainError("LIMIT_REACHED", `A shop has at most ${catalogLimits.ATTRIBUTE_SETS} attribute sets.`);
      const set = await writeSet(tx, { code, attributes, axes, extends: parent }, sets);
      tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
      return set;
    }),
);

const updateAttributeSet: Handler<Actions["updateAttributeSet"]> = transactional(async (ctx, { code, ...changes }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const sets = await store.allSets(tx);
    const before = sets.get(code);
    if (!before) throw unknown(code);
    const set = await writeSet(tx, { ...before, ...changes }, sets);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return set;
  }),
);

const deleteAttributeSet: Handler<Actions["deleteAttributeSet"]> = transactional(async (ctx, { code }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const outcome = await store.deleteSet(tx, code);
    if (outcome === "unknown") throw unknown(code);
    if (outcome === "in use") throw new DomainError("CONFLICT", `A product or another set uses the set ${code}.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return {};
  }),
);

/**
 * Writes a set, and those that extend it, because they inherit what has changed.
 * @throws DomainError VALIDATION_FAILED; CONFLICT when products have what would be gone
 */
async function writeSet(
  tx: Transaction,
  set: AttributeSet,
  before: ReadonlyMap<string, store.StoredSet>,
): Promise<store.StoredSet> {
  const after = new Map<string, AttributeSet>(before).set(set.code, set);
  const known = await store.findAttributes(tx, set.attributes);
  const faults = setFaults(set, after, new Set(known.keys()));
  if (faults.length > 0) throw validationError(undefined, faults);
  const stored = [set.code, ...setsBelow(set.code, after)].map((code): store.StoredSet => {
    const { attributes, axes, extends: parent } = after.get(code) ?? set;
    const whole = wholeSet(code, after);
    return { code, attributes, axes, extends: parent, allAttributes: [...whole.attributes], allAxes: [...whole.axes] };
  });
  for (const one of stored) await refuseWhatProductsHave(tx, before.get(one.code), one);
  await store.writeSets(tx, stored);
  return stored[0] as store.StoredSet;
}

/** @throws DomainError CONFLICT */
async function refuseWhatProductsHave(
  tx: Transaction,
  before: store.StoredSet | undefined,
  after: store.StoredSet,
): Promise<void> {
  if (!before) return;
  const { ofProducts, ofVariants } = lostPlaces(store.wholeOf(before), store.wholeOf(after));
  const lost = [
    ...ofProducts.map((code) => ({ code, of: "products" }) as const),
    ...ofVariants.map((code) => ({ code, of: "variants" }) as const),
  ];
  for (const place of lost) {
    const user = await store.productWithValue(tx, { sets: [after.code], ...place });
    if (user) throw new DomainError("CONFLICT", `${user} has a value of ${place.code} that would have no place.`);
  }
}

function unknown(code: string): DomainError {
  return new DomainError("NOT_FOUND", `There is no attribute set ${code}.`);
}

export const attributeSetHandlers = {
  createAttributeSet,
  attributeSets: listAttributeSets,
  getAttributeSet,
  updateAttributeSet,
  deleteAttributeSet,
};

import { paging } from "#lib/contract/contract.ts";
import { DomainError, type FieldError, validationError } from "#lib/contract/errors.ts";
import { minorDigits } from "#lib/contract/money.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { findAttributes } from "../attributes.store.ts";
import { lockCatalogue } from "../catalog.store.ts";
import * as store from "../collections.store.ts";
import type { catalog } from "../contract.ts";
import { readFilters } from "../domain/attribute-filter.ts";
import { askedAttributes, type Rule } from "../domain/collection.ts";
import { catalogLimits } from "../domain/limits.ts";
import { findBrand, findCategory } from "../taxonomy.store.ts";

type Actions = typeof catalog.actions;

const listCollections: Handler<Actions["collections"]> = async (ctx, params) => {
  const { page, limit, offset } = paging(params);
  const { rows, total } = await store.pageOfCollections(ctx.db, { limit, offset });
  return { collections: rows, pagination: { page, limit, total } };
};

const getCollection: Handler<Actions["getCollection"]> = async (ctx, { code }) => {
  const collection = await store.findCollection(ctx.db, code);
  if (!collection) throw unknown(code);
  return collection;
};

const createCollection: Handler<Actions["createCollection"]> = transactional(async (ctx, collection) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    await refuseRule(tx, collection.rule);
    if ((await store.countCollections(tx)) >= catalogLimits.COLLECTIONS)
      throw new DomainError("LIMIT_REACHED", `A shop has at most ${catalogLimits.COLLECTIONS} collections.`);
    if (!(await store.insertCollection(tx, collection)))
      throw new DomainError("ALREADY_EXISTS", `There is a collection ${collection.code} already.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return collection;
  }),
);

const updateCollection: Handler<Actions["updateCollection"]> = transactional(async (ctx, { code, ...changes }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const before = await store.findCollection(tx, code);
    if (!before) throw unknown(code);
    const collection = { ...before, ...changes };
    await refuseRule(tx, collection.rule);
    await store.updateCollection(tx, collection);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return collection;
  }),
);

const deleteCollection: Handler<Actions["deleteCollection"]> = transactional(async (ctx, { code }) =>
  ctx.transaction(async (tx) => {
    if (!(await store.deleteCollection(tx, code))) throw unknown(code);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return {};
  }),
);

/** @throws DomainError VALIDATION_FAILED */
async function refuseRule(tx: Transaction, rule: Rule): Promise<void> {
  const { category, brand, priceBelow, priceAbove } = rule;
  const faults: FieldError[] = [];
  if (category !== undefined && !(await findCategory(tx, category)))
    faults.push({ path: "/rule/category", message: `${category} is not a category` });
  if (brand !== undefined && !(await findBrand(tx, brand)))
    faults.push({ path: "/rule/brand", message: `${brand} is not a brand` });
  const asked = askedAttributes(rule);
  const attributes = await findAttributes(tx, Object.keys(asked));
  faults.push(...readFilters(asked, attributes, (code) => `/rule/attributes/${code}`).faults);
  for (const price of [priceBelow, priceAbove]) if (price) minorDigits(price.currency);
  if (priceBelow && priceAbove && priceBelow.currency !== priceAbove.currency)
    faults.push({ path: "/rule/priceAbove/currency", message: "must be that of priceBelow" });
  if (Object.keys(rule).length === 0) faults.push({ path: "/rule", message: "must not be empty" });
  if (faults.length > 0) throw validationError(undefined, faults);
}

function unknown(code: string): DomainError {
  return new DomainError("NOT_FOUND", `There is no collection ${code}.`);
}

export const collectionHandlers = {
  createCollection,
  collections: listCollections,
  getCollection,
  updateCollection,
  deleteCollection,
};

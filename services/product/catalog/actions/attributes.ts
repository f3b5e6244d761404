import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type Handler, type ServiceContext, transactional } from "#mixins/service/context.ts";
import * as store from "../attributes.store.ts";
import { lockCatalogue } from "../catalog.store.ts";
import { collectionWith } from "../collections.store.ts";
import type { catalog } from "../contract.ts";
import { type Attribute, definitionFaults } from "../domain/attributes.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { CatalogDeps } from "../setup.ts";
import { translateNames } from "../steps/translate.ts";

type Actions = typeof catalog.actions;

const listAttributes: Handler<Actions["attributes"], CatalogDeps> = async (ctx, params) => {
  const { page, limit, offset } = paging(params);
  const { rows, total } = await store.pageOfAttributes(ctx.db, { limit, offset });
  return { attributes: await shown(ctx, rows, params.locale), pagination: { page, limit, total } };
};

const getAttribute: Handler<Actions["getAttribute"], CatalogDeps> = async (ctx, { code, locale }) => {
  const found = (await store.findAttributes(ctx.db, [code])).values();
  const [attribute] = await shown(ctx, [...found], locale);
  if (!attribute) throw unknown(code);
  return attribute;
};

/** Attributes with their names, and the labels of their options, in a language. */
async function shown(
  { db, deps }: ServiceContext<CatalogDeps>,
  attributes: readonly Attribute[],
  locale: string | undefined,
) {
  const names = await translateNames(db, "attribute", attributes, await deps.locales.chainOf(locale));
  return attributes.map((attribute, at) => {
    const { name = attribute.name, labels = {} } = names[at] ?? {};
    return { ...attribute, name, ...(Object.keys(labels).length > 0 ? { labels } : {}) };
  });
}

const createAttribute: Handler<Actions["createAttribute"]> = transactional(async (ctx, params) =>
  ctx.transaction(async (tx) => {
    const { code, name = code, type, options = [], unit = null, localised = false, filterable = false } = params;
    const attribute = { code, name, type, options, unit, localised, filterable };
    refuseFaults(attribute);
    await lockCatalogue(tx);
    if ((await store.countAttributes(tx)) >= catalogLimits.ATTRIBUTES)
      throw new DomainError("LIMIT_REACHED", `A shop has at most ${catalogLimits.ATTRIBUTES} attributes.`);
    if (!(await store.insertAttribute(tx, attribute)))
      throw new DomainError("ALREADY_EXISTS", `There is an attribute ${code} already.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return attribute;
  }),
);

const updateAttribute: Handler<Actions["updateAttribute"]> = transactional(async (ctx, { code, ...changes }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const before = (await store.findAttributes(tx, [code])).get(code);
    if (!before) throw unknown(code);
    const attribute = { ...before, ...changes };
    refuseFaults(attribute);
    await refuseWhatProductsHave(tx, before, attribute);
    const sameOptions = JSON.stringify(before.options) === JSON.stringify(attribute.options);
    await store.updateAttribute(tx, attribute, attribute.filterable !== before.filterable || !sameOptions);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return attribute;
  }),
);

const deleteAttribute: Handler<Actions["deleteAttribute"]> = transactional(async (ctx, { code }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const outcome = await store.deleteAttribute(tx, code);
    if (outcome === "unknown") throw unknown(code);
    if (outcome === "in use") throw new DomainError("CONFLICT", `A set of attributes, or a collection, has ${code}.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return {};
  }),
);

/** @throws DomainError VALIDATION_FAILED */
function refuseFaults(attribute: Attribute): void {
  const faults = definitionFaults(attribute);
  if (faults.length > 0) throw validationError(undefined, faults);
}

/** @throws DomainError CONFLICT when values of products would not fit any more, or would mean something else */
async function refuseWhatProductsHave(tx: Transaction, before: Attribute, after: Attribute): Promise<void> {
  const { code } = before;
  if (before.filterable && !after.filterable) {
    const collection = await collectionWith(tx, "attribute", code);
    if (collection) throw new DomainError("CONFLICT", `The collection ${collection} is found by ${code}.`);
  }
  const gone = before.options.filter((option) => !after.options.includes(option));
  const newlyFilterable = after.filterable && !before.filterable && after.type === "text";
  if (gone.length === 0 && !newlyFilterable && after.unit === before.unit) return;
  const sets = await store.setsWith(tx, code);
  if (sets.length === 0) return;
  if (after.unit !== before.unit)
    throw new DomainError("CONFLICT", `${code} is in a set of attributes: its unit cannot change.`);
  const search = { sets, code, of: "both" } as const;
  const user = gone.length > 0 ? await store.productWithValue(tx, { ...search, values: gone }) : undefined;
  if (user) throw new DomainError("CONFLICT", `${user} has an option of ${code} that would be gone.`);
  const longerThan = catalogLimits.FILTER_TEXT_CHARS;
  const long = newlyFilterable ? await store.productWithValue(tx, { ...search, longerThan }) : undefined;
  if (long) throw new DomainError("CONFLICT", `${long} has a value of ${code} that is too long for filters.`);
}

function unknown(code: string): DomainError {
  return new DomainError("NOT_FOUND", `There is no attribute ${code}.`);
}

export const attributeHandlers = {
  createAttribute,
  attributes: listAttributes,
  getAttribute,
  updateAttribute,
  deleteAttribute,
};

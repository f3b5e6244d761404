import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import * as store from "../attributes.store.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { type Attribute, definitionFaults } from "../domain/attributes.ts";
import { catalogLimits } from "../domain/limits.ts";

type Actions = typeof catalog.actions;

export const listAttributes: Handler<Actions["attributes"]> = async (ctx, params) => {
  const { page, limit, offset } = paging(params);
  const { rows, total } = await store.pageOfAttributes(ctx.db, { limit, offset });
  return { attributes: rows, pagination: { page, limit, total } };
};

export const getAttribute: Handler<Actions["getAttribute"]> = async (ctx, { code }) => {
  const attribute = (await store.findAttributes(ctx.db, [code])).get(code);
  if (!attribute) throw unknown(code);
  return attribute;
};

export const createAttribute: Handler<Actions["createAttribute"]> = transactional(async (ctx, params) =>
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

export const updateAttribute: Handler<Actions["updateAttribute"]> = transactional(async (ctx, { code, ...changes }) =>
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

export const deleteAttribute: Handler<Actions["deleteAttribute"]> = transactional(async (ctx, { code }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const outcome = await store.deleteAttribute(tx, code);
    if (outcome === "unknown") throw unknown(code);
    if (outcome === "in use") throw new DomainError("CONFLICT", `A set of attributes has ${code}.`);
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

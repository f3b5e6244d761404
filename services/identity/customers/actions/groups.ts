import { DomainError, validationError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { customers } from "../contract.ts";
import { findCustomer, lockCustomer } from "../customers.store.ts";
import * as store from "../groups.store.ts";

type Actions = typeof customers.actions;

export const listGroups: Handler<Actions["listGroups"]> = ({ db }, page) => store.pageOfGroups(db, page);

export const getGroup: Handler<Actions["getGroup"]> = async ({ db }, { code }) => {
  const group = await store.findGroup(db, code);
  if (!group) throw unknownGroup(code);
  return group;
};

export const createGroup: Handler<Actions["createGroup"]> = transactional((ctx, group) =>
  ctx.transaction(async (tx) => {
    if (!(await store.insertGroup(tx, group)))
      throw new DomainError("ALREADY_EXISTS", `There is a group ${group.code} already.`);
    return group;
  }),
);

export const updateGroup: Handler<Actions["updateGroup"]> = async ({ db }, group) => {
  if (!(await store.renameGroup(db, group))) throw unknownGroup(group.code);
  return group;
};

export const deleteGroup: Handler<Actions["deleteGroup"]> = transactional((ctx, { code }) =>
  ctx.transaction(async (tx) => {
    const outcome = await store.deleteGroup(tx, code);
    if (outcome === "unknown") throw unknownGroup(code);
    if (outcome === "in use") throw new DomainError("CONFLICT", `Customers are in the group ${code}.`);
    return {};
  }),
);

export const getGroups: Handler<Actions["getGroups"]> = async ({ db }, { customerId }) => {
  if (!(await findCustomer(db, customerId))) throw new DomainError("NOT_FOUND");
  return { customerId, groups: await store.groupsOf(db, customerId) };
};

export const setGroups: Handler<Actions["setGroups"]> = transactional((ctx, { customerId, groups }) =>
  ctx.transaction(async (tx) => {
    await lockCustomer(tx, customerId);
    const known = await store.lockGroups(tx, groups);
    const errors = groups.flatMap((code, at) =>
      known.has(code) ? [] : [{ path: `/groups/${at}`, message: "is not a group" }],
    );
    if (errors.length > 0) throw validationError("Some groups do not exist.", errors);
    const after = groups.toSorted();
    const before = await store.groupsOf(tx, customerId);
    if (before.join() !== after.join()) {
      await store.saveGroups(tx, customerId, after);
      tx.emit(customers.events.CustomerGroupsChanged, { customerId, groups: after });
    }
    return { customerId, groups: after };
  }),
);

function unknownGroup(code: string): DomainError {
  return new DomainError("NOT_FOUND", `There is no group ${code}.`);
}

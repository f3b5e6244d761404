import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { users } from "../contract.ts";
import { findExistingStaff, findStaff, pageOfStaff, rightsOfStaff } from "../users.store.ts";
import { staffView } from "../view.ts";

type Actions = typeof users.actions;

export const listStaff: Handler<Actions["list"]> = async (ctx, params) => {
  const { staff, pagination } = await pageOfStaff(ctx.db, params);
  return { users: staff.map(staffView), pagination };
};

export const getStaff: Handler<Actions["get"]> = async (ctx, { staffId }) => {
  const staff = await findStaff(ctx.db, staffId);
  if (!staff) throw new DomainError("NOT_FOUND");
  return staffView(staff);
};

export const rightsOf: Handler<Actions["rightsOf"]> = async (ctx, { staffIds }) => {
  return { staff: await rightsOfStaff(ctx.db, staffIds) };
};

export const findExisting: Handler<Actions["findExisting"]> = async (ctx, { staffIds }) => {
  return { staffIds: await findExistingStaff(ctx.db, staffIds) };
};

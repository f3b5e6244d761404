import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { users } from "../contract.ts";
import { findExistingStaff, findStaff, pageOfStaff, scopesOfStaff } from "../users.store.ts";
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

/** An unknown member of staff has no scopes and is not active. */
export const scopesOf: Handler<Actions["scopesOf"]> = async (ctx, { staffId }) =>
  (await scopesOfStaff(ctx.db, staffId)) ?? { scopes: [], active: false };

export const findExisting: Handler<Actions["findExisting"]> = async (ctx, { staffIds }) => {
  return { staffIds: await findExistingStaff(ctx.db, staffIds) };
};

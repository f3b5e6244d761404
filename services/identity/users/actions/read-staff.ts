import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { users } from "../contract.ts";
import { existingStaff, findStaff, pageOfStaff, scopesOfStaff } from "../users.store.ts";

export const listStaff: Handler<typeof users.actions.list> = (ctx, params) => pageOfStaff(ctx.db, params);

export const getStaff: Handler<typeof users.actions.get> = async (ctx, { staffId }) => {
  const staff = await findStaff(ctx.db, staffId);
  if (!staff) throw new DomainError("NOT_FOUND");
  return staff;
};

/** Somebody unknown may do nothing. */
export const scopesOf: Handler<typeof users.actions.scopesOf> = async (ctx, { staffId }) =>
  (await scopesOfStaff(ctx.db, staffId)) ?? { scopes: [], active: false };

export const existing: Handler<typeof users.actions.existing> = async (ctx, { staffIds }) => {
  return { staffIds: await existingStaff(ctx.db, staffIds) };
};

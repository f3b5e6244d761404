import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { customers } from "../contract.ts";
import { addressesOf, findCustomer, findExistingCustomers, findNames, pageOfCustomers } from "../customers.store.ts";
import { customerView, profileView } from "../view.ts";

type Actions = typeof customers.actions;

export const getCustomer: Handler<Actions["get"]> = async (ctx, { customerId }) => {
  const customer = await findCustomer(ctx.db, customerId);
  if (!customer) throw new DomainError("NOT_FOUND");
  return customerView(customer, await addressesOf(ctx.db, customerId));
};

export const listCustomers: Handler<Actions["list"]> = async (ctx, params) => {
  const { rows, pagination } = await pageOfCustomers(ctx.db, params);
  return { customers: rows.map(profileView), pagination };
};

export const findExisting: Handler<Actions["findExisting"]> = async (ctx, { customerIds }) => {
  return { customerIds: await findExistingCustomers(ctx.db, customerIds) };
};

export const namesOf: Handler<Actions["names"]> = async (ctx, { customerIds }) => {
  return { customers: await findNames(ctx.db, customerIds) };
};

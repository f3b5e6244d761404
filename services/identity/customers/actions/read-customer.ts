import { DomainError } from "#lib/contract/errors.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { customers } from "../contract.ts";
import { addressesOf, existingCustomers, findCustomer, pageOfCustomers } from "../customers.store.ts";

/** @throws DomainError NOT_FOUND */
export async function customerView(db: Queryable, customerId: string) {
  const customer = await findCustomer(db, customerId);
  if (!customer) throw new DomainError("NOT_FOUND");
  return { ...customer, addresses: await addressesOf(db, customerId) };
}

export const getCustomer: Handler<typeof customers.actions.get> = (ctx, { customerId }) =>
  customerView(ctx.db, customerId);

export const listCustomers: Handler<typeof customers.actions.list> = (ctx, params) => pageOfCustomers(ctx.db, params);

export const existing: Handler<typeof customers.actions.existing> = async (ctx, { customerIds }) => {
  return { customerIds: await existingCustomers(ctx.db, customerIds) };
};

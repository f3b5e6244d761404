import { withCountry } from "#lib/contract/address.ts";
import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { customers } from "../contract.ts";
import {
  addressesOf,
  deleteAddress,
  findCustomer,
  insertAddress,
  lockCustomer,
  type StoredAddress,
  saveAddress,
} from "../customers.store.ts";
import { customerLimits } from "../domain/limits.ts";

type Actions = typeof customers.actions;

/** @throws DomainError NOT_FOUND */
async function requireAddress(db: Queryable, customerId: string, addressId: string): Promise<StoredAddress> {
  const address = (await addressesOf(db, customerId)).find((one) => one.addressId === addressId);
  if (!address) throw new DomainError("NOT_FOUND");
  return address;
}

export const listAddresses: Handler<Actions["listAddresses"]> = async (ctx, { customerId, ...params }) => {
  if (!(await findCustomer(ctx.db, customerId))) throw new DomainError("NOT_FOUND");
  const { page, limit, offset } = paging(params);
  const all = await addressesOf(ctx.db, customerId);
  return { addresses: all.slice(offset, offset + limit), pagination: { page, limit, total: all.length } };
};

export const getAddress: Handler<Actions["getAddress"]> = (ctx, { customerId, addressId }) =>
  requireAddress(ctx.db, customerId, addressId);

export const addAddress: Handler<Actions["addAddress"]> = transactional((ctx, { customerId, ...fields }) =>
  ctx.transaction(async (tx) => {
    await lockCustomer(tx, customerId);
    if ((await addressesOf(tx, customerId)).length >= customerLimits.CUSTOMER_ADDRESSES) {
      throw new DomainError(
        "LIMIT_REACHED",
        `A customer can have at most ${customerLimits.CUSTOMER_ADDRESSES} addresses.`,
      );
    }
    const address = { addressId: newId("address"), ...withCountry(fields, ctx.env.SHOP_COUNTRY) };
    await insertAddress(tx, customerId, address);
    tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: ["addresses"] });
    return address;
  }),
);

export const updateAddress: Handler<Actions["updateAddress"]> = transactional(
  (ctx, { customerId, addressId, ...change }) =>
    ctx.transaction(async (tx) => {
      await lockCustomer(tx, customerId);
      const address = { ...(await requireAddress(tx, customerId, addressId)), ...change };
      await saveAddress(tx, customerId, address);
      tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: ["addresses"] });
      return address;
    }),
);

export const removeAddress: Handler<Actions["removeAddress"]> = transactional((ctx, { customerId, addressId }) =>
  ctx.transaction(async (tx) => {
    await lockCustomer(tx, customerId);
    if (!(await deleteAddress(tx, customerId, addressId))) throw new DomainError("NOT_FOUND");
    tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: ["addresses"] });
    return {};
  }),
);

import { limits } from "../../../../config/limits.ts";
import { Problem } from "../../../../mixins/errors.ts";
import { newId } from "../../../../mixins/ids.ts";
import type { Handler } from "../../../../mixins/service.ts";
import type { Queryable } from "../../../../mixins/transaction.ts";
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

type Actions = typeof customers.actions;

/** @throws Problem NOT_FOUND */
async function addressOf(db: Queryable, customerId: string, addressId: string): Promise<StoredAddress> {
  const address = (await addressesOf(db, customerId)).find((one) => one.addressId === addressId);
  if (!address) throw new Problem("NOT_FOUND");
  return address;
}

export const listAddresses: Handler<Actions["listAddresses"]> = async (ctx, { customerId, page = 1, limit = 20 }) => {
  if (!(await findCustomer(ctx.db, customerId))) throw new Problem("NOT_FOUND");
  const all = await addressesOf(ctx.db, customerId);
  return { addresses: all.slice((page - 1) * limit, page * limit), pagination: { page, limit, total: all.length } };
};

export const getAddress: Handler<Actions["getAddress"]> = (ctx, { customerId, addressId }) =>
  addressOf(ctx.db, customerId, addressId);

export const addAddress: Handler<Actions["addAddress"]> = (ctx, { customerId, ...fields }) =>
  ctx.transaction(async (tx) => {
    await lockCustomer(tx, customerId);
    if ((await addressesOf(tx, customerId)).length >= limits.CUSTOMER_ADDRESSES) {
      throw new Problem("LIMIT_REACHED", `A customer may have ${limits.CUSTOMER_ADDRESSES} addresses.`);
    }
    const address = { addressId: newId("address"), ...fields };
    await insertAddress(tx, customerId, address);
    tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: ["addresses"] });
    return address;
  });

export const updateAddress: Handler<Actions["updateAddress"]> = (ctx, { customerId, addressId, ...change }) =>
  ctx.transaction(async (tx) => {
    await lockCustomer(tx, customerId);
    const address = { ...(await addressOf(tx, customerId, addressId)), ...change };
    await saveAddress(tx, customerId, address);
    tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: ["addresses"] });
    return address;
  });

export const removeAddress: Handler<Actions["removeAddress"]> = (ctx, { customerId, addressId }) =>
  ctx.transaction(async (tx) => {
    await lockCustomer(tx, customerId);
    if (!(await deleteAddress(tx, customerId, addressId))) throw new Problem("NOT_FOUND");
    tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: ["addresses"] });
    return {};
  });

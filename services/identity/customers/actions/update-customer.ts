import { withCountry } from "#lib/contract/address.ts";
import { validationError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { fits } from "#lib/contract/validation.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { Email } from "#services/identity/auth/contract.ts";
import { customers } from "../contract.ts";
import { addressesOf, insertAddress, lockCustomer, saveAddress, saveProfile } from "../customers.store.ts";
import { changeProfile } from "../domain/profile.ts";
import { customerView } from "../view.ts";

export const updateCustomer: Handler<typeof customers.actions.update> = transactional(
  (ctx, { customerId, address, ...change }) =>
    ctx.transaction(async (tx) => {
      const before = await lockCustomer(tx, customerId);
      const { after, updatedFields } = changeProfile(before, change);
      // The normal form of an email can be longer than the text that was sent.
      if (!fits(Email, after.email)) throw validationError(undefined, [{ path: "/email", message: "is too long" }]);
      if (updatedFields.length > 0) await saveProfile(tx, customerId, after);
      if (address) {
        const [first] = await addressesOf(tx, customerId);
        const located = withCountry(address, ctx.env.SHOP_COUNTRY);
        if (first) await saveAddress(tx, customerId, { addressId: first.addressId, ...located });
        else await insertAddress(tx, customerId, { addressId: newId("address"), ...located });
      }
      const updated = [...updatedFields, ...(address ? ["addresses"] : [])];
      if (updated.length > 0) {
        const email = updatedFields.includes("email") ? { email: after.email } : {};
        tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: updated, ...email });
      }
      return customerView({ ...before, ...after }, await addressesOf(tx, customerId));
    }),
);

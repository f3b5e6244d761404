import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { addAddress, getAddress, listAddresses, removeAddress, updateAddress } from "./actions/addresses.ts";
import { createCustomer } from "./actions/create-customer.ts";
import { createGroup, deleteGroup, getGroup, getGroups, listGroups, setGroups, updateGroup } from "./actions/groups.ts";
import { getPreferences, setPreferences } from "./actions/preferences.ts";
import { findExisting, getCustomer, listCustomers, namesOf } from "./actions/read-customers.ts";
import { updateCustomer } from "./actions/update-customer.ts";
import { customers } from "./contract.ts";
import { customerModel } from "./customers.models.ts";
import { seedDemo } from "./seed.ts";

export default service(customers, {
  database: { migrations: join(import.meta.dirname, "migrations"), model: customerModel },
  actions: {
    create: createCustomer,
    list: listCustomers,
    get: getCustomer,
    update: updateCustomer,
    listAddresses,
    getAddress,
    addAddress,
    updateAddress,
    removeAddress,
    getPreferences,
    setPreferences,
    listGroups,
    createGroup,
    getGroup,
    updateGroup,
    deleteGroup,
    getGroups,
    setGroups,
    findExisting,
    names: namesOf,
  },
  ready: seedDemo,
});

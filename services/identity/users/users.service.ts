import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { createStaff } from "./actions/create-staff.ts";
import { findExisting, getStaff, listStaff, rightsOf } from "./actions/read-staff.ts";
import { updateStaff } from "./actions/update-staff.ts";
import { users } from "./contract.ts";
import { seedDemo } from "./seed.ts";
import { staffModel } from "./users.models.ts";

export default service(users, {
  database: { migrations: join(import.meta.dirname, "migrations"), model: staffModel },
  actions: { list: listStaff, get: getStaff, create: createStaff, update: updateStaff, rightsOf, findExisting },
  ready: seedDemo,
});

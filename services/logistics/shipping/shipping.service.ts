import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { shipping } from "./contract.ts";

export default service(shipping, {
  database: { migrations: join(import.meta.dirname, "migrations") },
  actions: {},
});

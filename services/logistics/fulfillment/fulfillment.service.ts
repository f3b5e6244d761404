import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { fulfillment } from "./contract.ts";

export default service(fulfillment, {
  database: { migrations: join(import.meta.dirname, "migrations") },
  actions: {},
});

import { join } from "node:path";
import { crudService } from "#mixins/service/crud.ts";
import { wishes } from "./contract.ts";
import { wishModel } from "./wishes.models.ts";

export default crudService(wishes, { model: wishModel, migrations: join(import.meta.dirname, "migrations") });

import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { activateCredential } from "./actions/activate-credential.ts";
import { activeSessions } from "./actions/active-sessions.ts";
import { addCredential } from "./actions/add-credential.ts";
import { jwks } from "./actions/jwks.ts";
import { logIn, staffLogIn } from "./actions/log-in.ts";
import { logOut } from "./actions/log-out.ts";
import { refresh } from "./actions/refresh.ts";
import { customerCreated } from "./consumers/customer-created.ts";
import { customerUpdated } from "./consumers/customer-updated.ts";
import { staffClosed } from "./consumers/staff-closed.ts";
import { staffCreated } from "./consumers/staff-created.ts";
import { auth } from "./contract.ts";
import { sweepExpired } from "./jobs/sweep.ts";
import { type AuthDeps, setup } from "./setup.ts";

export default service<typeof auth, AuthDeps>(auth, {
  database: { migrations: join(import.meta.dirname, "migrations") },
  setup,
  actions: {
    login: logIn,
    staffLogin: staffLogIn,
    refresh,
    logout: logOut,
    jwks,
    activeSessions,
    addCredential,
    activateCredential,
  },
  consumers: [customerCreated, customerUpdated, staffCreated, staffClosed],
  jobs: [sweepExpired],
});

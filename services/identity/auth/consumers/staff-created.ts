import { on } from "#mixins/service/consumers.ts";
import { activateCredentials } from "../auth.store.ts";

/** For the case that `auth.activateCredential` was not reached: a member of staff who exists can log in. */
export const staffCreated = on("users.StaffCreated", async (ctx, { data }) =>
  activateCredentials(ctx.tx, [data.staffId]),
);

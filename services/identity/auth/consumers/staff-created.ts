import { on } from "#mixins/service/consumers.ts";
import { activate } from "../auth.store.ts";

/** The safety net behind `auth.activateCredential`: a member of staff who exists can log in. */
export const staffCreated = on("users.StaffCreated", async (ctx, { data }) => activate(ctx.tx, [data.staffId]));

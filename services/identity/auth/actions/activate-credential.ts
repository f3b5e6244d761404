import type { Handler } from "#mixins/service/context.ts";
import { activateCredentials } from "../auth.store.ts";
import type { auth } from "../contract.ts";

export const activateCredential: Handler<typeof auth.actions.activateCredential> = async (ctx, { subjectId }) => {
  await activateCredentials(ctx.db, [subjectId]);
  return {};
};

import type { Handler } from "#mixins/service/context.ts";
import { activate } from "../auth.store.ts";
import type { auth } from "../contract.ts";

export const activateCredential: Handler<typeof auth.actions.activateCredential> = async (ctx, { subjectId }) => {
  await activate(ctx.db, [subjectId]);
  return {};
};

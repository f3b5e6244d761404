import type { Context } from "moleculer";
import { refusal } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import { aroundActions } from "./action-schema.ts";

/** Refuses callers whom the contract does not allow. It is checked here too, because not all calls come through the gateway. */
export const accessControl = aroundActions("AccessControl", (next, { access }) => (ctx) => {
  const { meta } = ctx as Context<unknown, CallMeta>;
  const refused = refusal(access, meta.auth, ctx.params, meta);
  if (refused) throw new DomainError(refused);
  return next(ctx);
});

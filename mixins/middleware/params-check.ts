import { assertFits } from "#lib/contract/validation.ts";
import { aroundActions } from "./action-schema.ts";

/** Refuses parameters that do not fit the contract. */
export const paramsCheck = aroundActions("ParamsCheck", (next, { params }) => (ctx) => {
  assertFits(params, ctx.params);
  return next(ctx);
});

import type { Handler } from "#mixins/service/context.ts";
import { databaseTime, publishedKeys } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { authLimits } from "../domain/limits.ts";
import type { AuthDeps } from "../setup.ts";

/**
 * This node's own key comes first and is always there, because this node signs with it. The table alone may not have it
 * while nodes with different keys start and stop.
 */
export const jwks: Handler<typeof auth.actions.jwks, AuthDeps> = async (ctx) => {
  const own = ctx.deps.key.publicKey;
  const others = (await publishedKeys(ctx.db)).filter(({ kid }) => kid !== own.kid);
  return {
    keys: [own, ...others].slice(0, authLimits.PUBLISHED_KEYS),
    now: (await databaseTime(ctx.db)).toISOString(),
  };
};

import type { ActionContext } from "#mixins/service/context.ts";
import type { Identity } from "../auth.store.ts";

/**
 * The subject of a new access token.
 * @returns `undefined` for staff whose account is closed
 */
export async function bearerOf(ctx: Pick<ActionContext, "call">, identity: Identity): Promise<Identity | undefined> {
  if (identity.kind === "customer") return identity;
  const { staff } = await ctx.call("users.rightsOf", { staffIds: [identity.subjectId] });
  return staff.length > 0 ? identity : undefined;
}

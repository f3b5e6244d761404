import type { ActionContext } from "#mixins/service/context.ts";
import type { Identity } from "../auth.store.ts";
import type { Bearer } from "./tokens.ts";

/**
 * What a new access token says about this subject: members of staff get the current scopes of their roles.
 * @returns `undefined` for staff whose account is closed
 */
export async function bearerOf(ctx: Pick<ActionContext, "call">, identity: Identity): Promise<Bearer | undefined> {
  const { kind, subjectId } = identity;
  if (kind === "customer") return { kind, subjectId };
  const { active, scopes } = await ctx.call("users.scopesOf", { staffId: subjectId });
  return active ? { kind, subjectId, scopes } : undefined;
}

import type { ActionContext } from "#mixins/service/context.ts";
import type { Identity } from "./auth.store.ts";
import type { Bearer } from "./tokens.ts";

/** What a token for this subject says today: staff have the scopes of their roles. `undefined` for staff who left. */
export async function bearerOf(ctx: Pick<ActionContext, "call">, identity: Identity): Promise<Bearer | undefined> {
  const { kind, subjectId } = identity;
  if (kind === "customer") return { kind, subjectId };
  const { active, scopes } = await ctx.call("users.scopesOf", { staffId: subjectId });
  return active ? { kind, subjectId, scopes } : undefined;
}

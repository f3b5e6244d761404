import type { ActionContext } from "#mixins/service/context.ts";
import type { Deps } from "../../setup.ts";

/** After a change of rates, settings or certificates: this node knows it when the caller is answered, the others soon after. */
export async function taxesChanged(ctx: Pick<ActionContext<Deps>, "deps" | "signal">): Promise<void> {
  ctx.signal("pricing.taxesChanged", {});
  await ctx.deps.taxBook.refresh();
}

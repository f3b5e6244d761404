import type { ParamsOf, ResultOf } from "../../../mixins/contracts.ts";
import { Problem } from "../../../mixins/errors.ts";
import type { Operating, operating } from "../../../mixins/events/operating.ts";
import { servicesInTree } from "../../../mixins/known-contracts.ts";
import type { ActionContext } from "../../../mixins/service.ts";
import { events } from "./contract.ts";

/** All services that have events, whether they run or not; this one has none. */
export const groupsInTree = servicesInTree().filter((name) => name !== events.name);

/**
 * Asks a service, by an action that all of them have.
 * @throws Problem NOT_FOUND when there is no such service
 */
export async function askGroup<A extends keyof Operating>(
  ctx: ActionContext,
  group: string,
  action: A,
  params: ParamsOf<(typeof operating)[A]>,
  timeoutMs?: number,
): Promise<ResultOf<(typeof operating)[A]>> {
  if (!groupsInTree.includes(group)) throw new Problem("NOT_FOUND", `There is no group ${group}.`);
  // The compiler cannot know these names: the group is chosen by the caller.
  return ctx.call(`${group}.${action}` as never, params as never, timeoutMs ? { timeoutMs } : {});
}

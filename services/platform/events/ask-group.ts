import { servicesInTree } from "#lib/contract/contract-registry.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { EventAdminActions, eventAdminActions } from "#mixins/service/event-admin.ts";
import { events } from "./contract.ts";

/** All services that have events, whether they run or not; this one has none. */
export const groupsInTree = servicesInTree().filter((name) => name !== events.name);

/**
 * Asks a service, by an action that all of them have.
 * @throws DomainError NOT_FOUND when there is no such service
 */
export async function askGroup<A extends keyof EventAdminActions>(
  ctx: ActionContext,
  group: string,
  action: A,
  params: ParamsOf<(typeof eventAdminActions)[A]>,
  timeoutMs?: number,
): Promise<ResultOf<(typeof eventAdminActions)[A]>> {
  if (!groupsInTree.includes(group)) throw new DomainError("NOT_FOUND", `There is no group ${group}.`);
  // The compiler cannot know these names: the group is chosen by the caller.
  return ctx.call(`${group}.admin.${action}` as never, params as never, timeoutMs ? { timeoutMs } : {});
}

import { servicesInTree } from "#lib/contract/contract-registry.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { EventAdminActions, eventAdminActions } from "#mixins/service/event-admin-contract.ts";
import { events } from "./contract.ts";

/** All services except this one, which has no events. A service is listed even while no node runs it. */
export const groupsInTree = servicesInTree().filter((name) => name !== events.name);

/**
 * Calls an event administration action of a service; all services have them under the same names.
 * @throws DomainError NOT_FOUND when there is no such service
 */
export async function callGroup<A extends keyof EventAdminActions>(
  ctx: ActionContext,
  group: string,
  action: A,
  params: ParamsOf<(typeof eventAdminActions)[A]>,
  timeoutMs?: number,
): Promise<ResultOf<(typeof eventAdminActions)[A]>> {
  if (!groupsInTree.includes(group)) throw new DomainError("NOT_FOUND", `There is no group ${group}.`);
  // The compiler does not know these action names, because the caller chooses the group.
  return ctx.call(`${group}.admin.${action}` as never, params as never, timeoutMs ? { timeoutMs } : {});
}

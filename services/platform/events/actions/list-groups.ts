import { isOutage } from "#lib/contract/outage.ts";
import type { Handler } from "#mixins/service/context.ts";
import { callGroup, groupsInTree } from "../call-group.ts";
import type { events } from "../contract.ts";

/** Operators use this while some services are down, so a service that does not answer has the state null. */
export const listGroups: Handler<typeof events.actions.groups> = async (ctx) => {
  const groups = groupsInTree.map(async (group) => {
    try {
      return { group, state: await callGroup(ctx, group, "backbone", {}) };
    } catch (error) {
      if (isOutage(error)) return { group, state: null };
      throw error;
    }
  });
  return { groups: await Promise.all(groups) };
};

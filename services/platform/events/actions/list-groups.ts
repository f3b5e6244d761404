import { isOutage } from "#lib/contract/outage.ts";
import type { Handler } from "#mixins/service/context.ts";
import { askGroup, groupsInTree } from "../ask-group.ts";
import type { events } from "../contract.ts";

/** Operators look here when something is down: what is there answers for itself. */
export const listGroups: Handler<typeof events.actions.groups> = async (ctx) => {
  const groups = groupsInTree.map(async (group) => {
    try {
      return { group, state: await askGroup(ctx, group, "backbone", {}) };
    } catch (error) {
      if (isOutage(error)) return { group, state: null };
      throw error;
    }
  });
  return { groups: await Promise.all(groups) };
};

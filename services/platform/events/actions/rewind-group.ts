import { limits } from "#config/limits.ts";
import type { Handler } from "#mixins/service/context.ts";
import { askGroup } from "../ask-group.ts";
import type { events } from "../contract.ts";

export const rewindGroup: Handler<typeof events.actions.rewind> = (ctx, { group, to }) =>
  askGroup(ctx, group, "rewind", { to }, limits.REWIND_CALL_MS);

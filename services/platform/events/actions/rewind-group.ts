import { limits } from "#config/limits.ts";
import type { Handler } from "#mixins/service/context.ts";
import { callGroup } from "../call-group.ts";
import type { events } from "../contract.ts";

export const rewindGroup: Handler<typeof events.actions.rewind> = (ctx, { group, to }) =>
  callGroup(ctx, group, "rewind", { to }, limits.REWIND_CALL_MS);

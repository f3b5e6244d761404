import type { Handler } from "#mixins/service/context.ts";
import { callGroup } from "../call-group.ts";
import type { events } from "../contract.ts";

type Actions = typeof events.actions;

export const listDeadLetters: Handler<Actions["deadLetters"]> = (ctx, { group, ...page }) =>
  callGroup(ctx, group, "deadLetters", page);

export const showDeadLetter: Handler<Actions["deadLetter"]> = (ctx, { group, eventId }) =>
  callGroup(ctx, group, "deadLetter", { eventId });

export const retryDeadLetter: Handler<Actions["retry"]> = (ctx, { group, eventId }) =>
  callGroup(ctx, group, "retryDeadLetter", { eventId });

export const discardDeadLetter: Handler<Actions["discard"]> = (ctx, { group, eventId }) =>
  callGroup(ctx, group, "discardDeadLetter", { eventId });

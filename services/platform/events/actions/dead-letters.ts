import type { Handler } from "#mixins/service/context.ts";
import { askGroup } from "../ask-group.ts";
import type { events } from "../contract.ts";

type Actions = typeof events.actions;

export const listLetters: Handler<Actions["deadLetters"]> = (ctx, { group, ...page }) =>
  askGroup(ctx, group, "deadLetters", page);

export const readLetter: Handler<Actions["deadLetter"]> = (ctx, { group, eventId }) =>
  askGroup(ctx, group, "deadLetter", { eventId });

export const retryLetter: Handler<Actions["retry"]> = (ctx, { group, eventId }) =>
  askGroup(ctx, group, "retryDeadLetter", { eventId });

export const discardLetter: Handler<Actions["discard"]> = (ctx, { group, eventId }) =>
  askGroup(ctx, group, "discardDeadLetter", { eventId });

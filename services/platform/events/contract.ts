import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { staff } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { FormedText } from "#lib/contract/text.ts";
import {
  BackboneState,
  DeadLetterDetails,
  DeadLetterSummary,
  EventId,
  RewindResult,
  RewindTarget,
} from "#mixins/service/event-admin-contract.ts";

const Group = {
  group: FormedText("the name of a service", "^[a-z][a-z0-9-]*$", {
    minLength: 1,
    maxLength: 64,
    description: "The service to which the consumers belong",
    examples: ["orders"],
  }),
};
const OfGroup = { ...Group, ...EventId };

const GroupState = NamedObject("EventGroup", {
  ...Group,
  state: Type.Union([BackboneState, Type.Null()], { description: "Null while no node of the service answers" }),
});

export const events = contract("events", {
  summary: "Lets operators look after the events between services.",
  actions: {
    groups: action({
      summary: "Shows the state of every service's events",
      rest: "GET /events/groups",
      params: Empty,
      returns: Type.Object({ groups: Type.Array(GroupState) }),
      access: staff("events:read"),
    }),
    deadLetters: action({
      summary: "Lists the events that a group could not apply, the latest first",
      rest: "GET /events/dead-letters",
      params: Exact({ ...Group, ...Page }),
      returns: Type.Object({ deadLetters: Type.Array(DeadLetterSummary), pagination: Pagination }),
      access: staff("events:read"),
      errors: ["NOT_FOUND"],
    }),
    deadLetter: action({
      summary: "Shows one event that a group could not apply, and its error",
      description: "`eventId` comes from `GET /events/dead-letters`.",
      rest: "GET /events/dead-letters/:group/:eventId",
      params: Exact(OfGroup),
      returns: DeadLetterDetails,
      access: staff("events:read"),
    }),
    retry: action({
      summary: "Applies a dead letter now, after the newer events of its aggregate; 409 when it fails again",
      description: "`eventId` comes from `GET /events/dead-letters`.",
      rest: "POST /events/dead-letters/:group/:eventId/retry",
      status: 204,
      params: Exact(OfGroup),
      returns: Empty,
      access: staff("events:write"),
      errors: ["EVENT_NOT_APPLIED"],
    }),
    discard: action({
      summary: "Discards a dead letter, and records who did so",
      description: "`eventId` comes from `GET /events/dead-letters`.",
      rest: "DELETE /events/dead-letters/:group/:eventId",
      status: 204,
      params: Exact(OfGroup),
      returns: Empty,
      access: staff("events:write"),
    }),
    rewind: action({
      summary: "Makes a group apply its events again, from the start or from a time",
      description:
        "Applying an event twice changes nothing: consumers remember what they have applied, and a rewind makes them forget it for these events.",
      rest: "POST /events/groups/:group/rewind",
      example: { group: "auth", to: "start" },
      status: 202,
      params: Exact({ ...Group, to: RewindTarget }),
      returns: RewindResult,
      access: staff("events:write"),
      timeoutMs: limits.REWIND_CALL_MS,
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    events: typeof events;
  }
}

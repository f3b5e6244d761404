import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { staff } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { BackboneState, Letter, LetterSummary, RewindTo, Rewound } from "#mixins/service/event-admin.ts";

const Group = {
  group: Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: "^[a-z][a-z0-9-]*$",
    description: "The service whose consumers these are",
    examples: ["orders"],
  }),
};
const OfGroup = { ...Group, eventId: Type.String({ minLength: 1, maxLength: 200, pattern: "^[!-~]+$" }) };

const GroupState = Type.Object({
  ...Group,
  /** Null while no node of the service answers. */
  state: Type.Union([BackboneState, Type.Null()], { description: "Null while the service does not answer" }),
});

export const events = contract("events", {
  summary: "What operators see and do of the events between services.",
  actions: {
    groups: action({
      summary: "How the events of every service are doing",
      rest: "GET /events/groups",
      params: Empty,
      returns: Type.Object({ groups: Type.Array(GroupState) }),
      access: staff("events:read"),
    }),
    deadLetters: action({
      summary: "Events a group could not apply, the latest first",
      rest: "GET /events/dead-letters",
      params: Exact({ ...Group, ...Page }),
      returns: Type.Object({ deadLetters: Type.Array(LetterSummary), pagination: Pagination }),
      access: staff("events:read"),
    }),
    deadLetter: action({
      summary: "One event a group could not apply, and why",
      rest: "GET /events/dead-letters/:group/:eventId",
      params: Exact(OfGroup),
      returns: Letter,
      access: staff("events:read"),
    }),
    retry: action({
      summary: "Applies a dead letter now, after whatever has come since; 409 when it fails again",
      rest: "POST /events/dead-letters/:group/:eventId/retry",
      status: 204,
      params: Exact(OfGroup),
      returns: Empty,
      access: staff("events:write"),
      errors: ["EVENT_NOT_APPLIED"],
    }),
    discard: action({
      summary: "Gives a dead letter up; who did so is kept",
      rest: "DELETE /events/dead-letters/:group/:eventId",
      status: 204,
      params: Exact(OfGroup),
      returns: Empty,
      access: staff("events:write"),
    }),
    rewind: action({
      summary: "Has a group apply its events again, from the start or from a time",
      rest: "POST /events/groups/:group/rewind",
      status: 202,
      params: Exact({ ...Group, to: RewindTo }),
      returns: Rewound,
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

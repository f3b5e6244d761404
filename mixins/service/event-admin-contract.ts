import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { internal } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { FormedText } from "#lib/contract/text.ts";

const eventAdminErrors = defineErrors({
  EVENT_NOT_APPLIED: { status: 409, title: "The event could not be applied this time either" },
});

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    eventAdmin: typeof eventAdminErrors;
  }
}

export const EventId = {
  eventId: FormedText("an id", "^[!-~]+$", {
    minLength: 1,
    maxLength: 200,
    examples: ["evt_01h455vb4pex5vsknk084sn02q"],
  }),
};

export const BackboneState = NamedObject("EventGroupState", {
  lag: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: "Number of events that the group has not applied yet; null while the broker does not answer",
  }),
  oldestUnsentSeconds: Type.Number({
    minimum: 0,
    description:
      "Age of the oldest event in the service's outbox that is not known to be sent, as of a second ago; 0 when all are sent",
  }),
  deadLetters: Type.Integer({ minimum: 0, description: "Number of events that could not be applied" }),
  alarms: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
    examples: [{}],
    description: "Numbers that should be 0 or soon return to it, for example of orders past their deadline",
  }),
});

const deadLetterSummary = {
  ...EventId,
  eventType: Type.String({ examples: ["OrderCreated"] }),
  topic: Type.String({ examples: ["orders.events"] }),
  key: Type.String({
    description: "Id of the aggregate, for example of an order",
    examples: ["ord_01h455vb4pex5vsknk084sn02q"],
  }),
  sequence: Type.Integer({ description: "Number of the event among those of its aggregate" }),
  error: Type.String({ description: "The error of the last attempt", examples: ["Error: The order is unknown."] }),
  attempts: Type.Integer(),
  deadAt: Timestamp,
};
export const DeadLetterSummary = NamedObject("DeadLetter", deadLetterSummary);
export const DeadLetterDetails = NamedObject("DeadLetterDetails", {
  ...deadLetterSummary,
  event: Type.Record(Type.String(), Type.Unknown(), {
    examples: [{}],
    description: "The whole event; for a message that is not an event, its text and its headers",
  }),
});

export const RewindTarget = FormedText(
  "`start`, or a time with its zone,",
  "^(start|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?(Z|[+-]\\d\\d:\\d\\d))$",
  {
    description: "`start`, or a time: everything that the group has applied since then is applied again",
    examples: ["2026-01-31T12:00:00Z", "start"],
  },
);
export const RewindResult = NamedObject("RewindResult", {
  events: Type.Integer({ minimum: 0, description: "Number of events that are applied again" }),
});

/** The actions by which operators look after a service's events; every service with a database has them. */
export const eventAdminActions = {
  backbone: action({
    summary: "Shows the state of the service's events",
    params: Empty,
    returns: BackboneState,
    access: internal(),
    retryable: true,
  }),
  deadLetters: action({
    summary: "Lists the events that could not be applied, the latest first",
    params: Exact(Page),
    returns: Type.Object({ deadLetters: Type.Array(DeadLetterSummary), pagination: Pagination }),
    access: internal(),
    retryable: true,
  }),
  deadLetter: action({
    summary: "Shows one event that could not be applied",
    params: Exact(EventId),
    returns: DeadLetterDetails,
    access: internal(),
    retryable: true,
  }),
  retryDeadLetter: action({
    summary: "Applies an event that could not be applied before",
    params: Exact(EventId),
    returns: Empty,
    access: internal(),
    errors: ["EVENT_NOT_APPLIED"],
  }),
  discardDeadLetter: action({
    summary: "Discards an event that could not be applied",
    params: Exact(EventId),
    returns: Empty,
    access: internal(),
  }),
  rewind: action({
    summary: "Makes the group apply its events again",
    params: Exact({ to: RewindTarget }),
    returns: RewindResult,
    access: internal(),
    timeoutMs: limits.REWIND_CALL_MS,
  }),
};
export type EventAdminActions = typeof eventAdminActions;

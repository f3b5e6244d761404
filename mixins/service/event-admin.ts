import { type Static, Type } from "typebox";
import { limits } from "#config/limits.ts";
import { type Auth, internal } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { DomainError, defineErrors } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { Backbone } from "#lib/events/backbone.ts";
import {
  countLetters,
  type DeadLetter,
  discardLetter,
  findLetter,
  pageOfLetters,
} from "#lib/events/inbox/dead-letters.ts";
import { rewindGroup } from "#lib/events/inbox/rewind.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";

const eventAdminErrors = defineErrors({
  EVENT_NOT_APPLIED: { status: 409, title: "The event could not be applied this time either" },
});

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    eventAdmin: typeof eventAdminErrors;
  }
}

const EventId = { eventId: Type.String({ minLength: 1, maxLength: 200, pattern: "^[!-~]+$" }) };
const ERROR_LINE_CHARS = 500;
const MS_PER_SECOND = 1_000;

/** A number that should be 0: somebody has to look when it stays above. */
export interface Alarm {
  summary: string;
  count(db: Queryable): Promise<number>;
}

export const BackboneState = Type.Object({
  lag: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: "Events on their way to the group; null while the broker cannot be asked",
  }),
  oldestUnsentSeconds: Type.Number({
    minimum: 0,
    description: "How long the oldest event of the service's outbox has been waiting to be sent; 0 when none is",
  }),
  deadLetters: Type.Integer({ minimum: 0, description: "Events that could not be applied" }),
  alarms: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
    description: "What should be 0 and is not for long, such as orders past their deadline",
  }),
});

const letterSummary = {
  ...EventId,
  eventType: Type.String(),
  topic: Type.String(),
  key: Type.String({ description: "The aggregate, such as an order" }),
  sequence: Type.Integer({ description: "Place among the events of its aggregate" }),
  error: Type.String({ description: "Of what its last attempt failed" }),
  attempts: Type.Integer(),
  deadAt: Timestamp,
};
export const LetterSummary = Type.Object(letterSummary);
export const Letter = Type.Object({
  ...letterSummary,
  event: Type.Record(Type.String(), Type.Unknown(), {
    description: "The whole event; of a message that is none, what it said",
  }),
});

/** Where to go back to: the start, or a moment. */
export const RewindTo = Type.String({
  description: "`start`, or a time: what the group has applied since then is applied again",
  pattern: "^(start|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?(Z|[+-]\\d\\d:\\d\\d))$",
  examples: ["start", "2026-01-31T12:00:00Z"],
});
export const Rewound = Type.Object({
  events: Type.Integer({ minimum: 0, description: "Events that were forgotten, and are applied again" }),
});

/** What every service with a database lets operators do with its events: actions of the same names everywhere. */
export const eventAdminActions = {
  backbone: action({
    summary: "How the service's events are doing",
    params: Empty,
    returns: BackboneState,
    access: internal(),
    retryable: true,
  }),
  deadLetters: action({
    summary: "Events that could not be applied, the latest first",
    params: Exact(Page),
    returns: Type.Object({ deadLetters: Type.Array(LetterSummary), pagination: Pagination }),
    access: internal(),
    retryable: true,
  }),
  deadLetter: action({
    summary: "One event that could not be applied",
    params: Exact(EventId),
    returns: Letter,
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
    summary: "Gives an event up",
    params: Exact(EventId),
    returns: Empty,
    access: internal(),
  }),
  rewind: action({
    summary: "Has the group apply its events again",
    params: Exact({ to: RewindTo }),
    returns: Rewound,
    access: internal(),
    timeoutMs: limits.REWIND_CALL_MS,
  }),
};
export type EventAdminActions = typeof eventAdminActions;

/** What eventAdminActions needs of a service. */
export interface EventAdmin {
  service: string;
  db: Database;
  backbone: Backbone;
  alarms: Readonly<Record<string, Alarm>>;
  reset: ((tx: Transaction) => Promise<void>) | undefined;
}

/** Who does it. */
export interface Operator {
  auth: Auth;
  cause: Cause;
  log: { warn(message: string, facts: object): void };
}

type Operation<A> = (eventAdmin: EventAdmin, params: ParamsOf<A>, operator: Operator) => Promise<ResultOf<A>>;

export const eventAdminHandlers: { [K in keyof EventAdminActions]: Operation<EventAdminActions[K]> } = {
  backbone: ({ service, db, backbone, alarms }) => stateOf({ service, db, backbone, alarms }),

  deadLetters: async ({ db, service }, { page = 1, limit = 20 }) => {
    const { letters, total } = await pageOfLetters(db, service, { page, limit });
    return { deadLetters: letters.map(summaryOf), pagination: { page, limit, total } };
  },

  deadLetter: async ({ db, service }, { eventId }) => {
    const letter = await findLetter(db, service, eventId);
    if (!letter) throw new DomainError("NOT_FOUND");
    return { ...summaryOf(letter), error: letter.error, event: { ...letter.event } };
  },

  retryDeadLetter: async ({ service, backbone }, { eventId }, { log, auth }) => {
    try {
      const found = await backbone.group(service)?.retry(eventId);
      if (!found) throw new DomainError("NOT_FOUND");
    } catch (error) {
      if (isOutage(error) || error instanceof DomainError) throw error;
      throw new DomainError("EVENT_NOT_APPLIED", lineOf(String(error)));
    }
    log.warn("A dead letter was applied.", { event: eventId, by: nameOf(auth) });
    return {};
  },

  discardDeadLetter: async ({ db, service }, { eventId }, { log, auth }) => {
    const by = nameOf(auth);
    if (!(await discardLetter(db, service, eventId, by))) throw new DomainError("NOT_FOUND");
    log.warn("A dead letter was discarded.", { event: eventId, by });
    return {};
  },

  rewind: async ({ db, service, backbone, reset }, { to }, { auth, cause, log }) => {
    const group = backbone.group(service);
    if (!group) throw new DomainError("NOT_FOUND", `${service} listens to no events.`);
    const by = nameOf(auth);
    const time = timeOf(to);
    const request = { to: time, by, reset: time === null ? reset : undefined };
    const events = await backbone.rewind(group, (resent) =>
      db.transaction(cause, (tx) => rewindGroup(tx, service, { ...request, resent })),
    );
    log.warn("The group was rewound.", { to, events, by });
    return { events };
  },
};

/** @returns null for the start */
function timeOf(to: string): Date | null {
  if (to === "start") return null;
  const time = new Date(to);
  const refuse = (message: string) =>
    new DomainError("VALIDATION_FAILED", "The request is not valid.", { errors: [{ path: "/to", message }] });
  if (Number.isNaN(time.getTime())) throw refuse("is no time");
  if (time.getTime() > Date.now()) throw refuse("is in the future");
  return time;
}

/** What the metrics show, and operators see. */
export async function stateOf({
  service,
  db,
  backbone,
  alarms,
}: Omit<EventAdmin, "reset">): Promise<Static<typeof BackboneState>> {
  const group = backbone.group(service);
  const [lag = null, deadLetters, oldestUnsentSeconds, counted] = await Promise.all([
    group ? backbone.lag(group) : 0,
    countLetters(db, service),
    oldestUnsent(db),
    Promise.all(Object.entries(alarms).map(async ([name, { count }]) => [name, await count(db)] as const)),
  ]);
  return { lag, oldestUnsentSeconds, deadLetters, alarms: Object.fromEntries(counted) };
}

async function oldestUnsent(db: Queryable): Promise<number> {
  const [row] = await db.query<{ occurred_at: Date }>(
    "SELECT occurred_at FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT 1",
  );
  return row ? Math.max(0, Date.now() - row.occurred_at.getTime()) / MS_PER_SECOND : 0;
}

function summaryOf({ eventId, event, error, attempts, deadAt }: DeadLetter): Static<typeof LetterSummary> {
  const { eventType, topic, key, sequence } = event;
  return { eventId, eventType, topic, key, sequence, error: lineOf(error), attempts, deadAt: deadAt.toISOString() };
}

function lineOf(error: string): string {
  return (error.split("\n", 1)[0] ?? "").slice(0, ERROR_LINE_CHARS);
}

/** The operator, for the log. */
export function nameOf(auth: Auth): string {
  if (auth.kind === "staff") return auth.staffId;
  return auth.kind === "service" ? auth.service : auth.kind;
}

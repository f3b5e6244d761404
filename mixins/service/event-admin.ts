import type { Static } from "typebox";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { Backbone } from "#lib/events/backbone.ts";
import {
  countDeadLetters,
  type DeadLetter,
  discardDeadLetter,
  findDeadLetter,
  listDeadLetters,
} from "#lib/events/inbox/dead-letters.ts";
import { rewindGroup } from "#lib/events/inbox/rewind.ts";
import { oldestUnsentSeconds } from "#lib/events/outbox/outbox-store.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { BackboneState, DeadLetterSummary, EventAdminActions } from "./event-admin-contract.ts";

const ERROR_LINE_CHARS = 500;

/** A number that should be 0: an operator has to look when it stays above. */
export interface Alarm {
  summary: string;
  count(db: Queryable): Promise<number>;
}

/** What the event administration needs of a service. */
export interface EventAdmin {
  service: string;
  db: Database;
  backbone: Backbone;
  alarms: Readonly<Record<string, Alarm>>;
  /** Deletes what the consumers have derived from their events. */
  reset: ((tx: Transaction) => Promise<void>) | undefined;
}

/** The caller of an operation. */
export interface Operator {
  auth: Auth;
  cause: Cause;
  log: { warn(message: string, facts: object): void };
}

type Operation<A> = (eventAdmin: EventAdmin, params: ParamsOf<A>, operator: Operator) => Promise<ResultOf<A>>;

export const eventAdminHandlers: { [K in keyof EventAdminActions]: Operation<EventAdminActions[K]> } = {
  backbone: ({ service, db, backbone, alarms }) => stateOf({ service, db, backbone, alarms }),

  deadLetters: async ({ db, service }, { page = 1, limit = 20 }) => {
    const { deadLetters, total } = await listDeadLetters(db, service, { page, limit });
    return { deadLetters: deadLetters.map(summaryOf), pagination: { page, limit, total } };
  },

  deadLetter: async ({ db, service }, { eventId }) => {
    const deadLetter = await findDeadLetter(db, service, eventId);
    if (!deadLetter) throw new DomainError("NOT_FOUND");
    return { ...summaryOf(deadLetter), error: deadLetter.error, event: { ...deadLetter.event } };
  },

  retryDeadLetter: async ({ service, backbone }, { eventId }, { log, auth }) => {
    try {
      const found = await backbone.group(service)?.retryDeadLetter(eventId);
      if (!found) throw new DomainError("NOT_FOUND");
    } catch (error) {
      if (isOutage(error) || error instanceof DomainError) throw error;
      throw new DomainError("EVENT_NOT_APPLIED", firstLineOf(String(error)));
    }
    log.warn("A dead letter was applied.", { event: eventId, by: nameOf(auth) });
    return {};
  },

  discardDeadLetter: async ({ db, service }, { eventId }, { log, auth }) => {
    const by = nameOf(auth);
    if (!(await discardDeadLetter(db, service, eventId, by))) throw new DomainError("NOT_FOUND");
    log.warn("A dead letter was discarded.", { event: eventId, by });
    return {};
  },

  rewind: async ({ db, service, backbone, reset }, { to }, { auth, cause, log }) => {
    const group = backbone.group(service);
    if (!group) throw new DomainError("NOT_FOUND", `The service ${service} consumes no events.`);
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
  const invalid = (message: string) => validationError(undefined, [{ path: "/to", message }]);
  if (Number.isNaN(time.getTime())) throw invalid("is not a time");
  if (time.getTime() > Date.now()) throw invalid("is in the future");
  return time;
}

/** The state of a service's events, for operators and metrics. */
export async function stateOf({
  service,
  db,
  backbone,
  alarms,
}: Omit<EventAdmin, "reset">): Promise<Static<typeof BackboneState>> {
  const group = backbone.group(service);
  const [lag = null, deadLetters, unsentSeconds, counted] = await Promise.all([
    group ? backbone.lag(group) : 0,
    countDeadLetters(db, service),
    oldestUnsentSeconds(db),
    Promise.all(Object.entries(alarms).map(async ([name, { count }]) => [name, await count(db)] as const)),
  ]);
  return { lag, oldestUnsentSeconds: unsentSeconds, deadLetters, alarms: Object.fromEntries(counted) };
}

function summaryOf({ eventId, event, error, attempts, deadAt }: DeadLetter): Static<typeof DeadLetterSummary> {
  const { eventType, topic, key, sequence } = event;
  return {
    eventId,
    eventType,
    topic,
    key,
    sequence,
    error: firstLineOf(error),
    attempts,
    deadAt: deadAt.toISOString(),
  };
}

function firstLineOf(error: string): string {
  return (error.split("\n", 1)[0] ?? "").slice(0, ERROR_LINE_CHARS);
}

/** The operator, for the log. */
export function nameOf(auth: Auth): string {
  if (auth.kind === "staff") return auth.staffId;
  return auth.kind === "service" ? auth.service : auth.kind;
}

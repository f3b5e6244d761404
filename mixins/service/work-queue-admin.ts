import { Type } from "typebox";
import { internal } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { WorkTable } from "#lib/work-queue/work-table.ts";
import { nameOf, type Operator } from "./event-admin.ts";
import type { RunningQueue } from "./work-queue.ts";

const QueueName = { queue: Type.String({ minLength: 1, maxLength: 64 }) };
const WorkId = { workId: Type.String({ minLength: 1, maxLength: 200 }) };

const ParkedItem = Type.Object({
  ...WorkId,
  payload: Type.Unknown({ description: "What was to be done" }),
  error: Type.String({ description: "Of what the last attempt failed" }),
  attempts: Type.Integer(),
  parkedAt: Timestamp,
});

/** What every service with queues lets operators do with parked work: actions of the same names everywhere. */
export const workAdminActions = {
  parkedWork: action({
    summary: "Work that was given up after its last attempt, the latest first",
    params: Exact({ ...QueueName, ...Page }),
    returns: Type.Object({ work: Type.Array(ParkedItem), pagination: Pagination }),
    access: internal(),
    retryable: true,
  }),
  retryWork: action({
    summary: "Makes parked work due again, with all its attempts",
    params: Exact({ ...QueueName, ...WorkId }),
    returns: Empty,
    access: internal(),
  }),
  discardWork: action({
    summary: "Deletes parked work",
    params: Exact({ ...QueueName, ...WorkId }),
    returns: Empty,
    access: internal(),
  }),
};
type WorkAdminActions = typeof workAdminActions;

/** What `workAdminActions` needs of a service. */
export interface WorkAdmin {
  db: Queryable;
  /** The queues that park, by name. */
  queues: ReadonlyMap<string, { table: WorkTable<never>; running: RunningQueue }>;
}

type Operation<A> = (admin: WorkAdmin, params: ParamsOf<A>, operator: Operator) => Promise<ResultOf<A>>;

export const workAdminHandlers: { [K in keyof WorkAdminActions]: Operation<WorkAdminActions[K]> } = {
  parkedWork: async (admin, { queue, page = 1, limit = 20 }) => {
    const { work, total } = await queueOf(admin, queue).table.parked(admin.db, { page, limit });
    return {
      work: work.map(({ parkedAt, ...item }) => ({ ...item, parkedAt: parkedAt.toISOString() })),
      pagination: { page, limit, total },
    };
  },

  retryWork: async (admin, { queue, workId }, { log, auth }) => {
    if (!(await queueOf(admin, queue).running.retryParked?.(workId))) throw new DomainError("NOT_FOUND");
    log.warn("Parked work is attempted again.", { queue, item: workId, by: nameOf(auth) });
    return {};
  },

  discardWork: async (admin, { queue, workId }, { log, auth }) => {
    if (!(await queueOf(admin, queue).table.discardParked(admin.db, workId))) throw new DomainError("NOT_FOUND");
    log.warn("Parked work was discarded.", { queue, item: workId, by: nameOf(auth) });
    return {};
  },
};

function queueOf({ queues }: WorkAdmin, name: string) {
  const queue = queues.get(name);
  if (!queue) throw new DomainError("NOT_FOUND", `There is no queue ${name} with parked work.`);
  return queue;
}

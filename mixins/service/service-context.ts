import type { Context, Logger, ServiceBroker } from "moleculer";
import { type Auth, owns } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContract, Call, CallOptions } from "#lib/contract/types.ts";
import type { FaultBoundaries } from "#lib/fault-injection/fail-points.ts";
import type { Cause } from "#lib/sql/cause.ts";
import { formatTraceparent, type SpanReference } from "#lib/trace-context.ts";
import type { ActionContext, CallMeta, ServiceContext, Transactions } from "./context.ts";
import type { HasDatabase } from "./database-mixin.ts";
import type { EventAdmin } from "./event-admin.ts";
import { nodeOf } from "./node.ts";
import type { RunningQueue } from "./work-queue.ts";
import type { WorkAdmin } from "./work-queue-admin.ts";

/** A running service that `service()` has made. */
export interface Instance<Deps> extends HasDatabase {
  broker: ServiceBroker;
  logger: Logger;
  metadata: FaultBoundaries;
  deps: Deps;
  /** For the actions of operators; absent for services without a database. */
  eventAdmin?: EventAdmin;
  /** The queues whose parked work operators can reach; absent where there is none. */
  workAdmin?: WorkAdmin;
  /** The service's durable queues, once they run. */
  queues?: readonly RunningQueue[];
  stopJobs?: () => Promise<void>;
  stopMeasuring?: () => void;
}

/**
 * The context of work that no call has caused: consumers, jobs, the start.
 * @param scope names the work for fail points, such as `orders.sweep-deadlines`
 */
export function serviceContext<Deps>(
  instance: Instance<Deps>,
  name: string,
  scope?: string,
): ServiceContext<Deps> & Transactions {
  const id = `${name}-${process.hrtime.bigint().toString(36)}`;
  const cause: Cause = { correlationId: id, causationId: id, traceparent: null };
  const auth: Auth = { kind: "service", service: name };
  return {
    ...common(instance),
    cause,
    call: ((action: string, params: object, options?: CallOptions) =>
      instance.broker.call(action, params, { meta: meta(auth, cause), ...timeout(options) })) as unknown as Call,
    transaction: (work) => instance.db.transaction(cause, work, scope),
  };
}

/** The context of one call of an action. */
export function actionContext<Deps>(
  instance: Instance<Deps>,
  ctx: Context<unknown, CallMeta>,
  action: string,
  { access }: ActionContract,
): ActionContext<Deps> {
  const auth = ctx.meta.auth ?? { kind: "anonymous" };
  const { idempotencyKey } = ctx.meta;
  const correlationId = ctx.meta.correlationId ?? ctx.requestID ?? ctx.id;
  const cause: Cause = {
    correlationId,
    causationId: ctx.meta.causationId ?? correlationId,
    traceparent: traceparentOf(ctx),
  };
  return {
    ...common(instance),
    cause,
    auth,
    address: ctx.meta.address ?? "unknown",
    idempotencyKey,
    request: (ctx.locals as Pick<ActionContext, "request">).request,
    cartToken: ctx.meta.cartToken,
    orderToken: ctx.meta.orderToken,
    requireOwner(customerId, holdsToken = false) {
      if (access.kind !== "owner") throw new Error(`${action} has no owner: its access is not ownerOr(scope).`);
      ctx.locals.ownerChecked = true;
      if (!holdsToken && !owns(auth, customerId, access.scope)) throw new DomainError("NOT_FOUND");
    },
    call: ((action: string, params: object, options?: CallOptions) => {
      const call = (own: CallMeta) => ctx.call(action, params, { meta: own, ...timeout(options) });
      if (idempotencyKey === undefined) return call(meta(auth, cause));
      // The key belongs to this request, not to the calls that its handler makes. Moleculer merges their `meta` into that
      // of the request, which may be tried again, so the key is put back.
      return call({ ...meta(auth, cause), idempotencyKey: undefined }).finally(() =>
        Object.assign(ctx.meta, { idempotencyKey }),
      );
    }) as unknown as Call,
  };
}

/** With tracing on, the parent of what this call causes is its own span; otherwise it is the parent of the call itself. */
function traceparentOf(ctx: Context<unknown, CallMeta>): string | null {
  return spanOf(ctx) ?? ctx.meta.traceparent ?? null;
}

/** The `traceparent` of the span that a call runs in; undefined when tracing is off. */
export function spanOf(ctx: object): string | undefined {
  const { span } = ctx as { span?: SpanReference | null };
  return span ? formatTraceparent(span) : undefined;
}

function common<Deps>(instance: Instance<Deps>) {
  const node = nodeOf(instance.broker);
  return {
    db: instance.db,
    deps: instance.deps,
    env: node.env,
    log: instance.logger,
    node: instance.broker.nodeID,
    signal: node.signal.bind(node) as ServiceContext["signal"],
    now: () => new Date(),
  };
}

function meta(auth: Auth, cause: Cause): CallMeta {
  return {
    auth,
    correlationId: cause.correlationId,
    causationId: cause.causationId,
    ...(cause.traceparent ? { traceparent: cause.traceparent } : {}),
  };
}

function timeout(options: CallOptions | undefined): { timeout?: number } {
  return options?.timeoutMs ? { timeout: options.timeoutMs } : {};
}

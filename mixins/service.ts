import type { Context, Logger, ServiceBroker, ServiceSchema } from "moleculer";
import { limits } from "../config/limits.ts";
import { type Auth, refusal } from "./access.ts";
import type { Consumer } from "./consuming.ts";
import type { ActionContext, CallMeta, Handler, ServiceContext } from "./context.ts";
import {
  type ActionContract,
  type Call,
  type CallOptions,
  type Contract,
  type ParamsOf,
  topicOf,
} from "./contracts.ts";
import { type DatabaseOptions, database, type HasDatabase } from "./database.ts";
import { Problem } from "./errors.ts";
import { consumerGroup } from "./events/consumers.ts";
import { countEvents, startMeasuring } from "./events/metrics.ts";
import { type Alarm, type Desk, type Operating, type Operator, operating, operations } from "./events/operating.ts";
import type { Cause } from "./events/outbox.ts";
import type { Doings } from "./fail-points.ts";
import { getReady } from "./getting-ready.ts";
import { housekeeping, type Job, startJobs } from "./jobs.ts";
import { nodeOf } from "./node.ts";
import { once } from "./once.ts";
import type { SignalName, Signals } from "./signals.ts";
import type { Transaction } from "./transaction.ts";
import { assertFits, faults, fits } from "./validation.ts";

export { type Consumer, type ConsumerContext, on, onBatch, together } from "./consuming.ts";
export type { ActionContext, CallMeta, Handler, ServiceContext } from "./context.ts";

/** What a service's `setup` can reach, once its database is there. */
export type SetupContext = Omit<ServiceContext<undefined>, "deps" | "cause" | "transaction">;

export interface ServiceDefinition<C extends Contract, Deps> {
  /** Absent: it keeps nothing, publishes nothing and listens to nothing; it has no `db` and no `transaction`. */
  database?: DatabaseOptions;
  /** Makes what the handlers share: providers, keys, in-memory waiters. */
  setup?: (ctx: SetupContext) => Deps | Promise<Deps>;
  /** One handler for each action of the contract: the compiler finds a missing one. */
  actions: { [K in keyof C["actions"]]: Handler<C["actions"][K], Deps> };
  consumers?: readonly Consumer<Deps>[];
  /** Which actions and jobs, and what else, run in transactions: each has fail points before and after its commit. */
  commits?: readonly string[];
  /** What the service asks an outside provider for: each has fail points before and after the question. */
  asks?: readonly string[];
  /** Empties what the consumers have made, when all events are to be applied again from the start. For projections. */
  reset?: (tx: Transaction) => Promise<void>;
  /** Numbers that should be 0, for operators and metrics, by name. */
  alarms?: Readonly<Record<string, Alarm>>;
  jobs?: readonly Job<Deps>[];
  signals?: { [S in SignalName]?: (deps: Deps, payload: Signals[S]) => void };
  /** Runs when all services of this node are up; its failure is logged. For demo data. */
  ready?: (ctx: ServiceContext<Deps>) => Promise<void>;
  /** Ends what `setup` began. */
  teardown?: (deps: Deps) => Promise<void> | void;
}

interface Instance<Deps> extends HasDatabase {
  broker: ServiceBroker;
  logger: Logger;
  metadata: Doings;
  deps: Deps;
  /** What operators can reach; absent for services without a database. */
  desk?: Desk;
  stopJobs?: () => Promise<void>;
  stopMeasuring?: () => void;
}

/** Turns a contract and its handlers into a Moleculer service. */
export function service<C extends Contract, Deps = undefined>(
  contract: C,
  definition: ServiceDefinition<C, Deps>,
): ServiceSchema {
  const actions = Object.fromEntries(
    Object.entries(contract.actions).map(([name, spec]) => [
      name,
      moleculerAction(
        `${contract.name}.${name}`,
        spec,
        definition.actions[name as keyof C["actions"]] as Handler<ActionContract, Deps>,
      ),
    ]),
  );
  const operators = definition.database
    ? Object.entries(operating).map(([name, spec]) => [
        name,
        operatorAction(`${contract.name}.${name}`, spec, operations[name as keyof Operating] as never),
      ])
    : [];
  const listeners = Object.entries(definition.signals ?? {}).map(([name, listen]) => [
    name,
    {
      handler(this: Instance<Deps>, ctx: Context<Signals[SignalName]>) {
        (listen as (deps: Deps, payload: unknown) => void)(this.deps, ctx.params);
      },
    },
  ]);
  return {
    name: contract.name,
    metadata: doingsOf(contract, definition),
    mixins: definition.database ? [database(contract.name, definition.database)] : [],
    actions: { ...Object.fromEntries(operators), ...actions },
    events: {
      ...Object.fromEntries(listeners),
      "outbox.committed": {
        handler(this: Instance<Deps>, ctx: Context<Signals["outbox.committed"]>) {
          if (ctx.params.service === contract.name) nodeOf(this.broker).backbone.nudge(contract.name);
        },
      },
      "$broker.started": {
        async handler(this: Instance<Deps>) {
          try {
            await getReady(
              async () => definition.ready?.(serviceContext(this, contract.name)),
              () => this.broker.started,
            );
          } catch (error) {
            this.logger.error("Getting ready failed.", error);
          } finally {
            nodeOf(this.broker).gettingReady.delete(contract.name);
          }
        },
      },
    },
    async started(this: Instance<Deps>) {
      const { backbone, gettingReady } = nodeOf(this.broker);
      if (definition.ready) gettingReady.add(contract.name);
      this.deps = (await definition.setup?.(serviceContext(this as Instance<never>, contract.name))) as Deps;
      if (!definition.database) return;
      const context = (job?: string) => serviceContext(this, contract.name, job && `${contract.name}.${job}`);
      const group = definition.consumers?.length
        ? await consumerGroup({
            name: contract.name,
            consumers: definition.consumers,
            db: this.db,
            context,
            count: (what, events) => countEvents(this.broker, contract.name, what, events),
          })
        : undefined;
      backbone.add(contract.name, this.db, topicsOf(contract), group);
      const { reset, alarms = {} } = definition;
      this.desk = { service: contract.name, db: this.db, backbone, alarms, reset };
      this.stopMeasuring = startMeasuring(this.broker, this.desk);
      this.stopJobs = startJobs([...(definition.jobs ?? []), ...housekeeping<Deps>()], context);
    },
    async stopped(this: Instance<Deps>) {
      this.stopMeasuring?.();
      await this.stopJobs?.();
      if (this.deps !== undefined) await definition.teardown?.(this.deps); // a start that failed has set nothing up
    },
  } as unknown as ServiceSchema;
}

function doingsOf<C extends Contract, Deps>(contract: C, definition: ServiceDefinition<C, Deps>): Doings {
  const { consumers = [], commits = [], asks = [], jobs = [] } = definition;
  const full = (name: string) => `${contract.name}.${name}`;
  return {
    publishes: Object.keys(contract.events).map(full),
    consumes: consumers.map(({ event }) => event),
    commits: commits.map(full),
    asks: asks.map(full),
    jobs: jobs.map(({ name }) => full(name)),
  };
}

function topicsOf(contract: Contract): string[] {
  return Object.keys(contract.events).length > 0 ? [topicOf(contract.name)] : [];
}

/** The context of a service acting on its own account: consumers, jobs, start-up. */
function serviceContext<Deps>(instance: Instance<Deps>, name: string, job?: string): ServiceContext<Deps> {
  const id = `${name}-${process.hrtime.bigint().toString(36)}`;
  const cause: Cause = { correlationId: id, causationId: id, traceparent: null };
  const auth: Auth = { kind: "service", service: name };
  return {
    ...common(instance),
    cause,
    call: ((action: string, params: object, options?: CallOptions) =>
      instance.broker.call(action, params, { meta: meta(auth, cause), ...timeout(options) })) as unknown as Call,
    transaction: transactionsOf(instance, cause, job),
  };
}

/** Transactions for one cause, with the fail points of the action or job they are made in. */
function transactionsOf<Deps>(instance: Instance<Deps>, cause: Cause, scope?: string): ServiceContext["transaction"] {
  const { db, metadata, broker } = instance;
  return (work) => {
    // Outside production, so that no commit is without its fail points.
    if (scope && !metadata.commits.includes(scope) && !nodeOf(broker).env.production)
      throw new Error(`${scope} runs a transaction: name it in \`commits\` of its service.`);
    return db.transaction(cause, work, scope);
  };
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

/** What operators may do with a service's events: not its own handlers do it, but the backbone. */
function operatorAction(
  name: string,
  spec: ActionContract,
  operate: (desk: Desk, params: unknown, operator: Operator) => Promise<unknown>,
) {
  return moleculerAction<unknown>(name, spec, async (ctx, params, { desk }) => {
    if (!desk) throw new Problem("SERVICE_UNAVAILABLE", "The service is starting.");
    return operate(desk, params, ctx);
  });
}

function moleculerAction<Deps>(
  name: string,
  spec: ActionContract,
  handle: (ctx: ActionContext<Deps>, params: unknown, instance: Instance<Deps>) => Promise<unknown>,
) {
  const again = spec.retryable || spec.rest?.startsWith("GET ");
  return {
    // Actions that may safely run twice are given up early and tried again: the node that was asked may have been killed.
    ...(again ? {} : { retryPolicy: { enabled: false } }),
    timeout: spec.timeoutMs ?? (again ? limits.READ_TIMEOUT_MS : limits.REQUEST_TIMEOUT_MS),
    ...(spec.concurrency ? { bulkhead: { concurrency: spec.concurrency } } : {}),
    async handler(this: Instance<Deps>, ctx: Context<ParamsOf<ActionContract>, CallMeta>): Promise<unknown> {
      const refused = refusal(spec.access, ctx.meta.auth, ctx.params);
      if (refused) throw new Problem(refused);
      assertFits(spec.params, ctx.params, "The request");
      const context = actionContext(this, ctx, name);
      const run: Handler<ActionContract, Deps> = (own, params) => handle(own, params, this);
      const result = await (spec.idempotent ? once(name, spec, run, context, ctx) : run(context, ctx.params));
      if (!context.env.production) checkAnswer(name, spec, result);
      return result;
    },
  };
}

/** Outside production answers are held against the contract, so that the documents cannot drift from them. */
function checkAnswer(name: string, spec: ActionContract, result: unknown): void {
  if (fits(spec.returns, result)) return;
  throw new Error(
    `${name} answered what its contract does not promise: ${JSON.stringify(faults(spec.returns, result))}`,
  );
}

function actionContext<Deps>(
  instance: Instance<Deps>,
  ctx: Context<unknown, CallMeta>,
  action: string,
): ActionContext<Deps> {
  const auth = ctx.meta.auth ?? { kind: "anonymous" };
  const { idempotencyKey } = ctx.meta;
  const correlationId = ctx.meta.correlationId ?? ctx.requestID ?? ctx.id;
  const cause: Cause = {
    correlationId,
    causationId: ctx.meta.causationId ?? correlationId,
    traceparent: ctx.meta.traceparent ?? null,
  };
  return {
    ...common(instance),
    cause,
    auth,
    address: ctx.meta.address ?? "internal",
    idempotencyKey,
    cartToken: ctx.meta.cartToken,
    // The idempotency key belongs to the request it came with, not to the calls made for it. Moleculer merges what they
    // say back into the request, which may be tried again.
    call: ((action: string, params: object, options?: CallOptions) =>
      ctx
        .call(action, params, { meta: { ...meta(auth, cause), idempotencyKey: undefined }, ...timeout(options) })
        .finally(() => Object.assign(ctx.meta, { idempotencyKey }))) as unknown as Call,
    transaction: transactionsOf(instance, cause, action),
  };
}

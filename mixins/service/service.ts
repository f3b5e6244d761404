import type { Context, ServiceSchema } from "moleculer";
import { topicOf } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { PlatformSignals, SignalData, SignalName } from "#lib/contract/signals.ts";
import type { ActionContract, Contract } from "#lib/contract/types.ts";
import { consumerGroup } from "#lib/events/inbox/consumer-group.ts";
import type { Intake, IntakeMessage } from "#lib/events/transport/transport.ts";
import type { FaultBoundaries } from "#lib/fault-injection/fail-points.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { moleculerAction } from "./action.ts";
import { consumerSpans } from "./consumer-spans.ts";
import { type Consumer, conditionsOf } from "./consumers.ts";
import { type Handler, isTransactional, type ServiceContext, type SetupContext, type Transactions } from "./context.ts";
import { type DatabaseOptions, database } from "./database-mixin.ts";
import { type Alarm, eventAdminHandlers, type Operator } from "./event-admin.ts";
import { eventAdminActions } from "./event-admin-contract.ts";
import { countEvents, startMeasuring } from "./event-metrics.ts";
import { databaseJobs, type Job, startJobs } from "./jobs.ts";
import { nodeOf } from "./node.ts";
import { retryUntilAvailable } from "./retry-until-available.ts";
import { type Instance, serviceContext } from "./service-context.ts";
import type { ServiceQueue } from "./work-queue.ts";
import { workAdminActions, workAdminHandlers } from "./work-queue-admin.ts";

/** A subject from which a service takes messages, see `Intake`. */
export interface ServiceIntake<Deps = unknown> extends Omit<Intake, "service" | "store"> {
  /** Names its transactions, for their fail points: `<service>.<name>.before-commit`. */
  name: string;
  store(ctx: ServiceContext<Deps> & Transactions, message: IntakeMessage): Promise<void>;
}

export interface ServiceDefinition<C extends Contract, Deps> {
  /** Absent: the service stores, publishes and consumes nothing, and has no `db` and no `transaction`. */
  database?: DatabaseOptions;
  /** Makes what the handlers share, such as providers and keys. */
  setup?: (ctx: SetupContext) => Deps | Promise<Deps>;
  /** One handler for each action of the contract. The compiler finds a missing one. */
  actions: { [K in keyof C["actions"]]: Handler<C["actions"][K], Deps> };
  consumers?: readonly Consumer<Deps>[];
  /** Durable work, such as calls to an outside provider. They start after `setup` and stop before `teardown`. */
  queues?: readonly ServiceQueue<Deps>[];
  /** Subjects on which programs outside of the shop publish to this service. Taken from while the shop runs on NATS. */
  intakes?: readonly ServiceIntake<Deps>[];
  /** For projections: deletes everything that the consumers have made, before all events are applied again. */
  reset?: (tx: Transaction) => Promise<void>;
  /** Numbers that should be 0, by name, for operators and metrics. */
  alarms?: Readonly<Record<string, Alarm>>;
  jobs?: readonly Job<Deps>[];
  signals?: { [S in SignalName]?: (deps: Deps, payload: SignalData<S>) => void };
  /** Runs when all services of this node have started. A failure is logged. For demo data. */
  ready?: (ctx: ServiceContext<Deps> & Transactions) => Promise<void>;
  /** Closes what `setup` has opened. */
  teardown?: (deps: Deps) => Promise<void> | void;
}

/** Turns a contract and its handlers into a Moleculer service. */
export function service<C extends Contract, Deps = undefined>(
  contract: C,
  definition: ServiceDefinition<C, Deps>,
): ServiceSchema {
  return {
    name: contract.name,
    metadata: { ...faultBoundariesOf(contract, definition), conditions: conditionsOf(definition.consumers) },
    mixins: definition.database ? [database(contract.name, definition.database)] : [],
    actions: { ...operatorActionsOf(contract, definition), ...actionsOf(contract, definition) },
    events: { ...signalListeners(definition), ...platformListeners(contract, definition) },
    started(this: Instance<Deps>) {
      return start(this, contract, definition);
    },
    stopped(this: Instance<Deps>) {
      return stop(this, definition);
    },
  } as unknown as ServiceSchema;
}

function actionsOf<C extends Contract, Deps>(contract: C, { actions }: ServiceDefinition<C, Deps>) {
  return Object.fromEntries(
    Object.entries(contract.actions).map(([name, spec]) => {
      const handler = actions[name as keyof C["actions"]] as Handler<ActionContract, Deps>;
      return [name, moleculerAction(`${contract.name}.${name}`, spec, handler)];
    }),
  );
}

function operatorActionsOf<C extends Contract, Deps>(
  { name }: C,
  { database: hasDatabase, queues = [] }: ServiceDefinition<C, Deps>,
) {
  const parks = queues.some(({ table }) => table);
  return {
    ...(hasDatabase
      ? operatorActions(name, eventAdminActions, eventAdminHandlers, ({ eventAdmin }) => eventAdmin)
      : {}),
    ...(parks ? operatorActions(name, workAdminActions, workAdminHandlers, ({ workAdmin }) => workAdmin) : {}),
  };
}

function signalListeners<C extends Contract, Deps>({ signals = {} }: ServiceDefinition<C, Deps>) {
  return Object.fromEntries(
    Object.entries(signals).map(([name, listen]) => [
      name,
      {
        handler(this: Instance<Deps>, ctx: Context<object>) {
          (listen as (deps: Deps, payload: unknown) => void)(this.deps, ctx.params);
        },
      },
    ]),
  );
}

/** What every service listens to: commits of its own on other nodes, and the moment when all services have started. */
function platformListeners<C extends Contract, Deps>({ name }: C, { ready }: ServiceDefinition<C, Deps>) {
  return {
    "outbox.committed": {
      handler(this: Instance<Deps>, ctx: Context<PlatformSignals["outbox.committed"]>) {
        if (ctx.params.service === name) nodeOf(this.broker).backbone.nudge(name);
      },
    },
    "$broker.started": {
      async handler(this: Instance<Deps>) {
        try {
          await retryUntilAvailable(
            async () => ready?.(serviceContext(this, name)),
            () => this.broker.started,
          );
        } catch (error) {
          this.logger.error("The `ready` function of the service failed.", error);
        } finally {
          nodeOf(this.broker).initializing.delete(name);
        }
      },
    },
  };
}

async function start<C extends Contract, Deps>(
  instance: Instance<Deps>,
  contract: C,
  definition: ServiceDefinition<C, Deps>,
): Promise<void> {
  const { name } = contract;
  const { broker, logger } = instance;
  const node = nodeOf(broker);
  if (definition.ready) node.initializing.add(name);
  instance.deps = (await definition.setup?.(serviceContext(instance as Instance<never>, name))) as Deps;
  if (!definition.database) return;
  const { db } = instance;
  const { consumers = [], jobs = [], queues = [], intakes = [], reset } = definition;
  const context = (scope?: string) => serviceContext(instance, name, scope && `${name}.${scope}`);
  startQueues(instance, queues, context);
  const group =
    consumers.length > 0
      ? await consumerGroup({
          name,
          consumers,
          db,
          context: context(),
          count: (counter, events) => countEvents(broker, name, counter, events),
          spans: consumerSpans(broker, name),
        })
      : undefined;
  const locks = node.backbone.add(name, db, topicsOf(contract), group);
  for (const { name: scope, store, ...intake } of intakes)
    node.backbone.addIntake({ service: name, ...intake, store: (message) => store(context(scope), message) });
  const alarms = Object.assign({}, definition.alarms, ...queues.map((queue) => queue.alarms));
  instance.eventAdmin = { service: name, db, backbone: node.backbone, alarms, reset };
  instance.stopMeasuring = startMeasuring(broker, instance.eventAdmin);
  instance.stopJobs = startJobs([...jobs, ...databaseJobs<Deps>()], locks, logger, context);
  node.beforeEventsStop(instance.stopJobs);
}

async function stop<C extends Contract, Deps>(
  instance: Instance<Deps>,
  { teardown }: ServiceDefinition<C, Deps>,
): Promise<void> {
  instance.stopMeasuring?.();
  await instance.stopJobs?.();
  await Promise.all((instance.queues ?? []).map((queue) => queue.stop()));
  if (instance.deps !== undefined) await teardown?.(instance.deps); // a start that failed has set nothing up
}

function faultBoundariesOf<C extends Contract, Deps>(
  contract: C,
  definition: ServiceDefinition<C, Deps>,
): FaultBoundaries {
  const { actions, consumers = [], queues = [], jobs = [], intakes = [] } = definition;
  const marked = Object.entries(actions).flatMap(([name, handler]) => (isTransactional(handler) ? [name] : []));
  const markedJobs = jobs.flatMap(({ name, run }) => (isTransactional(run) ? [name] : []));
  const full = (name: string) => `${contract.name}.${name}`;
  return {
    publishes: Object.keys(contract.events).map(full),
    consumes: consumers.map(({ event }) => event),
    commits: [...marked, ...markedJobs, ...[...queues, ...intakes].map(({ name }) => name)].map(full),
    asks: queues.flatMap(({ asks = [] }) => asks).map(full),
    jobs: jobs.map(({ name }) => full(name)),
  };
}

function topicsOf(contract: Contract): string[] {
  return Object.keys(contract.events).length > 0 ? [topicOf(contract.name)] : [];
}

function startQueues<Deps>(
  instance: Instance<Deps>,
  queues: readonly ServiceQueue<Deps>[],
  context: (scope: string) => ServiceContext<Deps> & Transactions,
): void {
  const opened = queues.map(({ name, table, open }) => ({ name, table, running: open(context(name)) }));
  instance.queues = opened.map(({ running }) => running);
  instance.workAdmin = {
    db: instance.db,
    queues: new Map(opened.flatMap(({ name, table, running }) => (table ? [[name, { table, running }] as const] : []))),
  };
  for (const { running } of opened) running.start();
}

/**
 * What operators may do with the events and the queues of a service. The handlers are the same in all services, and the
 * prefix keeps a service's own actions from replacing them.
 */
function operatorActions<Names extends string, Admin>(
  service: string,
  specs: Record<Names, ActionContract>,
  handlers: Record<Names, (admin: Admin, params: never, operator: Operator) => Promise<unknown>>,
  adminOf: (instance: Instance<unknown>) => Admin | undefined,
) {
  return Object.fromEntries(
    Object.entries<ActionContract>(specs).map(([name, spec]) => [
      `admin.${name}`,
      moleculerAction<unknown>(`${service}.admin.${name}`, spec, async (ctx, params, instance) => {
        const admin = adminOf(instance);
        if (!admin) throw new DomainError("SERVICE_UNAVAILABLE", "The service has not started completely yet.");
        return handlers[name as Names](admin, params as never, ctx);
      }),
    ]),
  );
}

import type { Context, ServiceSchema } from "moleculer";
import { topicOf } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { PlatformSignals, SignalData, SignalName } from "#lib/contract/signals.ts";
import type { ActionContract, Contract } from "#lib/contract/types.ts";
import { consumerGroup } from "#lib/events/inbox/consumer-group.ts";
import type { FaultBoundaries } from "#lib/fault-injection/fail-points.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { moleculerAction } from "./action.ts";
import { consumerSpans } from "./consumer-spans.ts";
import type { Consumer } from "./consumers.ts";
import { type Handler, isTransactional, type ServiceContext, type SetupContext, type Transactions } from "./context.ts";
import { type DatabaseOptions, database } from "./database-mixin.ts";
import { type Alarm, type EventAdmin, eventAdminHandlers, type Operator } from "./event-admin.ts";
import { type EventAdminActions, eventAdminActions } from "./event-admin-contract.ts";
import { countEvents, startMeasuring } from "./event-metrics.ts";
import { housekeeping, type Job, startJobs } from "./jobs.ts";
import { nodeOf } from "./node.ts";
import { retryUntilAvailable } from "./retry-until-available.ts";
import { type Instance, serviceContext } from "./service-context.ts";

export interface ServiceDefinition<C extends Contract, Deps> {
  /** Absent: it keeps nothing, publishes nothing and listens to nothing; it has no `db` and no `transaction`. */
  database?: DatabaseOptions;
  /** Makes what the handlers share: providers, keys, in-memory waiters. */
  setup?: (ctx: SetupContext) => Deps | Promise<Deps>;
  /** One handler for each action of the contract: the compiler finds a missing one. */
  actions: { [K in keyof C["actions"]]: Handler<C["actions"][K], Deps> };
  consumers?: readonly Consumer<Deps>[];
  /** What else runs transactions besides the actions and jobs that are marked `transactional`. */
  commits?: readonly string[];
  /** What the service asks an outside provider for: each has fail points before and after the question. */
  asks?: readonly string[];
  /** Empties what the consumers have made, when all events are to be applied again from the start. For projections. */
  reset?: (tx: Transaction) => Promise<void>;
  /** Numbers that should be 0, for operators and metrics, by name. */
  alarms?: Readonly<Record<string, Alarm>>;
  jobs?: readonly Job<Deps>[];
  signals?: { [S in SignalName]?: (deps: Deps, payload: SignalData<S>) => void };
  /** Runs when all services of this node are up; its failure is logged. For demo data. */
  ready?: (ctx: ServiceContext<Deps> & Transactions) => Promise<void>;
  /** Ends what `setup` began. */
  teardown?: (deps: Deps) => Promise<void> | void;
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
    ? Object.entries(eventAdminActions).map(([name, spec]) => [
        `admin.${name}`,
        operatorAction(
          `${contract.name}.admin.${name}`,
          spec,
          eventAdminHandlers[name as keyof EventAdminActions] as never,
        ),
      ])
    : [];
  const listeners = Object.entries(definition.signals ?? {}).map(([name, listen]) => [
    name,
    {
      handler(this: Instance<Deps>, ctx: Context<object>) {
        (listen as (deps: Deps, payload: unknown) => void)(this.deps, ctx.params);
      },
    },
  ]);
  return {
    name: contract.name,
    metadata: faultBoundariesOf(contract, definition),
    mixins: definition.database ? [database(contract.name, definition.database)] : [],
    actions: { ...Object.fromEntries(operators), ...actions },
    events: {
      ...Object.fromEntries(listeners),
      "outbox.committed": {
        handler(this: Instance<Deps>, ctx: Context<PlatformSignals["outbox.committed"]>) {
          if (ctx.params.service === contract.name) nodeOf(this.broker).backbone.nudge(contract.name);
        },
      },
      "$broker.started": {
        async handler(this: Instance<Deps>) {
          try {
            await retryUntilAvailable(
              async () => definition.ready?.(serviceContext(this, contract.name)),
              () => this.broker.started,
            );
          } catch (error) {
            this.logger.error("Getting ready failed.", error);
          } finally {
            nodeOf(this.broker).initializing.delete(contract.name);
          }
        },
      },
    },
    async started(this: Instance<Deps>) {
      const node = nodeOf(this.broker);
      const { backbone, initializing } = node;
      if (definition.ready) initializing.add(contract.name);
      this.deps = (await definition.setup?.(serviceContext(this as Instance<never>, contract.name))) as Deps;
      if (!definition.database) return;
      const context = (job?: string) => serviceContext(this, contract.name, job && `${contract.name}.${job}`);
      const group = definition.consumers?.length
        ? await consumerGroup({
            name: contract.name,
            consumers: definition.consumers,
            db: this.db,
            context: context(),
            count: (counter, events) => countEvents(this.broker, contract.name, counter, events),
            spans: consumerSpans(this.broker, contract.name),
          })
        : undefined;
      const locks = backbone.add(contract.name, this.db, topicsOf(contract), group);
      const { reset, alarms = {} } = definition;
      this.eventAdmin = { service: contract.name, db: this.db, backbone, alarms, reset };
      this.stopMeasuring = startMeasuring(this.broker, this.eventAdmin);
      const jobs = [...(definition.jobs ?? []), housekeeping<Deps>()];
      this.stopJobs = startJobs(jobs, locks, this.logger, context);
      node.beforeEventsStop(this.stopJobs);
    },
    async stopped(this: Instance<Deps>) {
      this.stopMeasuring?.();
      await this.stopJobs?.();
      if (this.deps !== undefined) await definition.teardown?.(this.deps); // a start that failed has set nothing up
    },
  } as unknown as ServiceSchema;
}

function faultBoundariesOf<C extends Contract, Deps>(
  contract: C,
  definition: ServiceDefinition<C, Deps>,
): FaultBoundaries {
  const { actions, consumers = [], commits = [], asks = [], jobs = [] } = definition;
  const marked = Object.entries(actions).flatMap(([name, handler]) => (isTransactional(handler) ? [name] : []));
  const markedJobs = jobs.flatMap(({ name, run }) => (isTransactional(run) ? [name] : []));
  const full = (name: string) => `${contract.name}.${name}`;
  return {
    publishes: Object.keys(contract.events).map(full),
    consumes: consumers.map(({ event }) => event),
    commits: [...marked, ...markedJobs, ...commits].map(full),
    asks: asks.map(full),
    jobs: jobs.map(({ name }) => full(name)),
  };
}

function topicsOf(contract: Contract): string[] {
  return Object.keys(contract.events).length > 0 ? [topicOf(contract.name)] : [];
}

/** What operators may do with a service's events: not its own handlers do it, but the backbone. */
function operatorAction(
  name: string,
  spec: ActionContract,
  operate: (eventAdmin: EventAdmin, params: unknown, operator: Operator) => Promise<unknown>,
) {
  return moleculerAction<unknown>(name, spec, async (ctx, params, { eventAdmin }) => {
    if (!eventAdmin) throw new DomainError("SERVICE_UNAVAILABLE", "The service is starting.");
    return operate(eventAdmin, params, ctx);
  });
}

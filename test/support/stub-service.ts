import { join } from "node:path";
import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import type { Contract, Contracts, ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { Consumer } from "#mixins/service/consumers.ts";
import { service } from "#mixins/service/service.ts";
import { databaseOf } from "./broker.ts";

/** The cause of what a test does itself. */
export const TEST_CAUSE: Cause = { correlationId: "test", causationId: "test", traceparent: null };

/** What a stub answers, by action. An action without an answer is an error. */
export type Answers<S extends keyof Contracts & string, A = Contracts[S]["actions"]> = {
  [N in keyof A]?: (params: ParamsOf<A[N]>) => ResultOf<A[N]> | Promise<ResultOf<A[N]>>;
};

/** Stands in for a service that other services call. It keeps nothing and publishes nothing. */
export function stubService<S extends keyof Contracts & string>(name: S, answers: Answers<S>): ServiceSchema {
  const actions = Object.entries(answers as Record<string, (params: never) => unknown>).map(([action, answer]) => [
    action,
    (ctx: Context<never>) => answer(ctx.params),
  ]);
  return { name, actions: Object.fromEntries(actions) };
}

/** A stub of the catalogue that has every sku but those that begin with `GHOST`. It counts how often it is asked. */
export function stubCatalogue() {
  const asked: string[][] = [];
  const service = stubService("catalog", {
    unknownSkus: ({ skus }) => {
      asked.push(skus);
      return { skus: skus.filter((sku) => sku.startsWith("GHOST")) };
    },
  });
  return { service, asked };
}

/**
 * Stands in for a service whose events others consume, or that consumes events itself. It has a database with an outbox
 * and an inbox, so that its events take the same path as real ones; `emitAs` publishes them.
 */
export function stubServiceWithEvents<S extends keyof Contracts & string>(
  contract: Contract & { name: S },
  { answers = {}, consumers = [] }: { answers?: Answers<S>; consumers?: readonly Consumer[] } = {},
): ServiceSchema {
  const known = answers as Record<string, (params: never) => object>;
  const actions = Object.keys(contract.actions).map((name) => [
    name,
    async (_: unknown, params: never) => {
      const answer = known[name];
      if (!answer) throw new Error(`This test has no answer for ${contract.name}.${name}.`);
      return answer(params);
    },
  ]);
  return service(
    { ...contract, personalData: {} },
    {
      database: { migrations: join(import.meta.dirname, "no-migrations") },
      actions: Object.fromEntries(actions),
      consumers,
    },
  );
}

/** Emits events in one transaction of a service on this broker. */
export function emitAs(broker: ServiceBroker, name: string, emit: (tx: Transaction) => void): Promise<void> {
  return databaseOf(broker, name).transaction(TEST_CAUSE, async (tx) => emit(tx));
}

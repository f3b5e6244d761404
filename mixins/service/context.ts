import type { Logger } from "moleculer";
import type { Env } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import type { SignalData, SignalName } from "#lib/contract/signals.ts";
import type { Call, ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Transaction } from "#lib/sql/transaction.ts";

/** What travels beside the parameters of every call. */
export interface CallMeta {
  auth?: Auth;
  /** Socket address of the client, or the forwarded one behind a trusted proxy. */
  address?: string;
  correlationId?: string;
  causationId?: string;
  traceparent?: string;
  idempotencyKey?: string;
  /** `X-Cart-Token` of a guest. */
  cartToken?: string;
  /** Set on the way back when the answer was a stored one. */
  replayed?: boolean;
}

/** What every handler of a service can reach. */
export interface ServiceContext<Deps = unknown> {
  db: Database;
  /** What the service's `setup` made. */
  deps: Deps;
  env: Env;
  log: Logger;
  /** Name of this node. */
  node: string;
  cause: Cause;
  /** Calls another service, carrying the caller's identity on. */
  call: Call;
  /** Tells every node something that may be lost. */
  signal<S extends SignalName>(name: S, payload: SignalData<S>): void;
  /** This node's own clock, which may be wrong: for what is shown. What expires or is ordered goes by the database's. */
  now(): Date;
}

/** What `transactional` work can reach besides its context. */
export interface Transactions {
  /** Runs work in one transaction; its events carry this context's cause. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** What a service's `setup` can reach, once its database is there. */
export type SetupContext = Omit<ServiceContext<undefined>, "deps" | "cause">;

export interface ActionContext<Deps = unknown> extends ServiceContext<Deps> {
  auth: Auth;
  address: string;
  /** The caller's key, for actions that keep it themselves because they take several transactions. */
  idempotencyKey: string | undefined;
  /** What a guest shows to prove that a cart is theirs. */
  cartToken: string | undefined;
  /**
   * For actions with `ownerOr(scope)`: lets the owner, services and staff with the scope pass.
   * @param customerId whose the thing is
   * @throws DomainError NOT_FOUND for everybody else, so that ids cannot be probed
   */
  requireOwner(customerId: string): void;
}

/** One use case: `(ctx, params) => result`. */
export type Handler<A, Deps = unknown> = (ctx: ActionContext<Deps>, params: ParamsOf<A>) => Promise<ResultOf<A>>;

const marked = new WeakSet<object>();

/**
 * Marks a handler or a job that runs transactions, and gives it `ctx.transaction`. Its commits get fail points, so that
 * tests can kill a node before and after each of them.
 */
export function transactional<Context extends object, Params extends unknown[], Result>(
  work: (ctx: Context & Transactions, ...params: Params) => Result,
): (ctx: Context, ...params: Params) => Result {
  marked.add(work);
  return work as unknown as (ctx: Context, ...params: Params) => Result;
}

/** Whether a handler or a job was marked by `transactional`. */
export function isTransactional(work: unknown): boolean {
  return typeof work === "function" && marked.has(work);
}

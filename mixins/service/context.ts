import type { Logger } from "moleculer";
import type { Env } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import type { SignalData, SignalName } from "#lib/contract/signals.ts";
import type { Call, ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { IdempotentRequest } from "#lib/sql/idempotency-keys.ts";
import type { Transaction } from "#lib/sql/transaction.ts";

/** The metadata that every call carries besides its parameters. */
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
  /** `X-Order-Token` of a guest. */
  orderToken?: string;
  /** Set by an action whose answer was a stored one. */
  replayed?: boolean;
}

/** What every handler of a service can use. */
export interface ServiceContext<Deps = unknown> {
  db: Database;
  /** What the `setup` of the service returned. */
  deps: Deps;
  env: Env;
  log: Logger;
  /** Name of this node. */
  node: string;
  cause: Cause;
  /** Calls another service with the identity of the caller. */
  call: Call;
  /** Broadcasts to every node. A signal may be lost. */
  signal<S extends SignalName>(name: S, payload: SignalData<S>): void;
  /** The clock of this node, which may be wrong. Use it for display only, and the database's clock for expiry and order. */
  now(): Date;
}

/** What `transactional` work can use besides its context. */
export interface Transactions {
  /** Runs work in one transaction; its events carry this context's cause. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** What the `setup` of a service can use. The database is ready. */
export type SetupContext = Omit<ServiceContext<undefined>, "deps" | "cause">;

export interface ActionContext<Deps = unknown> extends ServiceContext<Deps> {
  auth: Auth;
  address: string;
  /** The idempotency key of the caller, for actions that store it themselves because they need several transactions. */
  idempotencyKey: string | undefined;
  /** The request with its key, for actions whose answers another service keeps; undefined without a key. */
  request?: IdempotentRequest | undefined;
  /** The token by which a guest proves that a cart is theirs. */
  cartToken: string | undefined;
  /** The token by which a guest proves that an order is theirs. */
  orderToken: string | undefined;
  /**
   * For actions with `ownerOr(scope)`: returns for the owner, for services and for staff with the scope.
   * @param customerId of the owner
   * @param holdsToken whether the caller has proved the ownership by a token instead, see `orHolderOf`
   * @throws DomainError NOT_FOUND for everybody else, so that nobody can find out which ids exist
   */
  requireOwner(customerId: string, holdsToken?: boolean): void;
}

/** One use case: `(ctx, params) => result`. */
export type Handler<A, Deps = unknown> = (ctx: ActionContext<Deps>, params: ParamsOf<A>) => Promise<ResultOf<A>>;

const marked = new WeakSet<object>();

/**
 * Marks a handler or a job that runs transactions, and gives it `ctx.transaction`. Each of its commits gets fail points,
 * so that tests can kill a node before and after it.
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

import type { Logger } from "moleculer";
import type { Env } from "../config/env.ts";
import type { Auth } from "./access.ts";
import type { Call, ParamsOf, ResultOf } from "./contracts.ts";
import type { Database } from "./database.ts";
import type { Cause } from "./events/outbox.ts";
import type { SignalName, Signals } from "./signals.ts";
import type { Transaction } from "./transaction.ts";

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
  /** Runs work in one transaction; its events carry this context's cause. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Tells every node something that may be lost. */
  signal<S extends SignalName>(name: S, payload: Signals[S]): void;
  /** This node's own clock, which may be wrong: for what is shown. What expires or is ordered goes by the database's. */
  now(): Date;
}

export interface ActionContext<Deps = unknown> extends ServiceContext<Deps> {
  auth: Auth;
  address: string;
  /** The caller's key, for actions that keep it themselves because they take several transactions. */
  idempotencyKey: string | undefined;
  /** What a guest shows to prove that a cart is theirs. */
  cartToken: string | undefined;
}

/** One use case: `(ctx, params) => result`. */
export type Handler<A, Deps = unknown> = (ctx: ActionContext<Deps>, params: ParamsOf<A>) => Promise<ResultOf<A>>;

import { type Static, type TSchema, Type } from "typebox";
import type { Access } from "./access.ts";
import { checkContract } from "./contract-checks.ts";
import { declare } from "./known-contracts.ts";

/**
 * All contracts by service name. Each `services/<domain>/<service>/contract.ts` adds its own line:
 * `declare module "…/mixins/contracts.ts" { interface Contracts { orders: typeof orders } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface Contracts {}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One action: what it takes, what it gives, who may call it, and where REST clients find it. */
export interface ActionContract<P extends TSchema = TSchema, R extends TSchema = TSchema> {
  /** One sentence, shown in the API reference. */
  summary: string;
  /** Method and path below `/api/v1`, path parameters as `:name`. Absent: internal to the cluster. */
  rest?: `${Method} /${string}`;
  /** HTTP status of success; 200 unless stated. */
  status?: 200 | 201 | 202 | 204;
  params: P;
  returns: R;
  access: Access;
  /** Honours `Idempotency-Key`: same key and body gives the stored answer. */
  idempotent?: boolean;
  /** Safe to try again after an outage without asking: reads, and actions that are idempotent by nature. */
  retryable?: boolean;
  /** The edge may answer anonymous reads from its cache, with an `ETag`. Invalidated by the `edge.invalidate` signal. */
  cached?: boolean;
  /** Objects a reader may ask for in the same answer: `?expand=customer` calls the action with that field as parameter. */
  expand?: Readonly<Record<string, { action: string; param: string }>>;
  /**
   * What `Prefer: wait=N` waits for: an action called with the answer's `param` and `waitSeconds`, whose answer replaces
   * this one's fields of the same names.
   */
  waits?: { action: string; param: string };
  /** Milliseconds until a caller gives up: `READ_TIMEOUT_MS` for what may be tried again, else `REQUEST_TIMEOUT_MS`. */
  timeoutMs?: number;
  /** Body limit other than the default, in bytes. */
  bodyBytes?: number;
  /** Calls at once on one node; `limits.CALL_CONCURRENCY` unless stated. For actions that mostly wait. */
  concurrency?: number;
}

/** A fact a service publishes. `key` names the property of `data` that holds the aggregate's id. */
export interface EventContract<D extends TSchema = TSchema> {
  key: string;
  version: string;
  data: D;
}

export interface Contract<
  N extends string = string,
  A extends Record<string, ActionContract> = Record<string, ActionContract>,
  E extends Record<string, EventContract> = Record<string, EventContract>,
> {
  name: N;
  /** What the service is for, in one sentence. */
  summary: string;
  actions: A;
  events: { readonly [T in keyof E]: E[T] & { readonly type: T; readonly topic: string } };
}

/** An event contract with its name and the stream it travels on: what `tx.emit` takes. */
export type NamedEvent<D extends TSchema = TSchema> = EventContract<D> & {
  readonly type: string;
  readonly topic: string;
};

/** The stream a service's events travel on. One name is older than the plural of its service. */
export function topicOf(service: string): string {
  return service === "customers" ? "customer.events" : `${service}.events`;
}

/**
 * Declares what a service offers, once. Types, validation, REST routes, access, OpenAPI and AsyncAPI follow from it.
 */
export function contract<
  const N extends string,
  const A extends Record<string, ActionContract>,
  const E extends Record<string, EventContract> = Record<never, EventContract>,
>(name: N, declared: { summary: string; actions: A; events?: E }): Contract<N, A, E> {
  checkContract(name, declared.actions, declared.events ?? {});
  const events = Object.fromEntries(
    Object.entries(declared.events ?? {}).map(([type, spec]) => [type, { ...spec, type, topic: topicOf(name) }]),
  );
  const made = {
    name,
    summary: declared.summary,
    actions: declared.actions,
    events: events as Contract<N, A, E>["events"],
  };
  declare(made as unknown as Contract);
  return made;
}

/** Declares an action; only there to give the schemas their precise types. */
export function action<P extends TSchema, R extends TSchema>(spec: ActionContract<P, R>): ActionContract<P, R> {
  return spec;
}

/** Declares an event; only there to give the schema its precise type. */
export function event<D extends TSchema>(spec: EventContract<D> & { key: keyof Static<D> }): EventContract<D> {
  return spec;
}

type ServiceName = keyof Contracts & string;
type ActionsOf<S extends ServiceName> = Contracts[S] extends { actions: infer A } ? A : never;
type EventsOf<S extends ServiceName> = Contracts[S] extends { events: infer E } ? E : never;

/** Every action of the cluster: `"orders.get" | …`. */
export type ActionName = { [S in ServiceName]: `${S}.${keyof ActionsOf<S> & string}` }[ServiceName];
/** Every event of the cluster: `"orders.OrderCreated" | …`. */
export type EventName = { [S in ServiceName]: `${S}.${keyof EventsOf<S> & string}` }[ServiceName];

type SpecOf<N extends string> = N extends `${infer S extends ServiceName}.${infer A}`
  ? A extends keyof ActionsOf<S>
    ? ActionsOf<S>[A]
    : never
  : never;
type EventSpecOf<N extends string> = N extends `${infer S extends ServiceName}.${infer E}`
  ? E extends keyof EventsOf<S>
    ? EventsOf<S>[E]
    : never
  : never;

export type ParamsOf<A> = A extends { params: infer P extends TSchema } ? Static<P> : never;
export type ResultOf<A> = A extends { returns: infer R extends TSchema } ? Static<R> : never;
export type DataOf<E> = E extends { data: infer D extends TSchema } ? Static<D> : never;

export type CallParams<N extends ActionName> = ParamsOf<SpecOf<N>>;
export type CallResult<N extends ActionName> = ResultOf<SpecOf<N>>;
export type EventData<N extends EventName> = DataOf<EventSpecOf<N>>;

/** Calls another service; name, parameters and result are checked by the compiler. */
export type Call = <N extends ActionName>(
  name: N,
  params: CallParams<N>,
  options?: CallOptions,
) => Promise<CallResult<N>>;

export interface CallOptions {
  /** Milliseconds until the call fails with an outage; the action's default otherwise. */
  timeoutMs?: number;
}

/** `page` and `limit` of every list. */
export const Page = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
};

export const Pagination = Type.Object({ page: Type.Integer(), limit: Type.Integer(), total: Type.Integer() });

/** An object of exactly these properties: anything unknown is refused. */
export function Exact<P extends Parameters<typeof Type.Object>[0]>(
  properties: P,
  options: { description?: string } = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** A moment: ISO 8601 in UTC. */
export const Timestamp = Type.String({ description: "ISO 8601, UTC", examples: ["2026-01-31T12:00:00.000Z"] });

/** Nothing. */
export const Empty = Exact({});

import type { Static, TSchema } from "typebox";
import type { Access } from "./access.ts";
import type { ErrorCode } from "./errors.ts";

/**
 * All contracts by service name. Each `services/<domain>/<service>/contract.ts` adds its own line:
 * `declare module "#lib/contract/types.ts" { interface Contracts { orders: typeof orders } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface Contracts {}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One action: its parameters and answer, who may call it, and its REST route. */
export interface ActionContract<P extends TSchema = TSchema, R extends TSchema = TSchema> {
  /** One sentence, shown in the API reference. */
  summary: string;
  /** What a client should know besides the summary, shown in the API reference. Markdown. */
  description?: string;
  /** Method and path below `/api/v1`, path parameters as `:name`. Absent: internal to the cluster. */
  rest?: `${Method} /${string}`;
  /** HTTP status of success; 200 unless stated. */
  status?: 200 | 201 | 202 | 204;
  params: P;
  returns: R;
  /**
   * Parameters of the example request in the API reference, where the examples of their schemas do not do, and optional
   * ones that it should have. It runs as it stands on the demonstration shop.
   */
  example?: Readonly<Record<string, unknown>>;
  access: Access;
  /**
   * The codes that it fails with. `errorsOf` adds those that follow from the rest of the contract. Any other
   * code fails tests, and is logged in development.
   */
  errors?: readonly ErrorCode[];
  /**
   * Accepts an `Idempotency-Key`: a second request with the same key and body gets the stored answer. `optimistic` does not
   * look for that before the work: a second request does the work again, and is rolled back. It is for actions that do
   * nothing outside of one transaction but read and what they give back themselves, and whose requests are seldom sent
   * twice. With `keeper` another service keeps the answer, in the transaction that it is about: the handler gives it
   * `ctx.request`, and the keeper is an action that finds the answer to that request again.
   */
  idempotent?: boolean | "optimistic" | { keeper: string };
  /** May be tried again after an outage: reads, and actions that are idempotent by nature. */
  retryable?: boolean;
  /**
   * The gateway may answer guests from its cache, with an `ETag`. A signal `edge.invalidate` about all answers drops
   * it. Where a function says which skus an answer shows (or ids of other things), a signal about one of these drops it.
   */
  cached?: true | { skus(answer: TypeOf<R>): readonly string[] };
  /** Parameters with which the answer is not for everybody: the gateway neither keeps it nor takes it from its cache. */
  privateWith?: readonly string[];
  /**
   * Its texts are translated: it has a parameter `locale`, and without that the gateway chooses one by `Accept-Language`. It
   * is absent for the shop's own language.
   */
  localised?: true;
  /**
   * Other formats that a client may ask for by `Accept`, such as `application/pdf`: the internal action that makes each. It
   * gets the answer of this action as its parameters and gives a `Rendition`, so access and errors stay those of this one.
   */
  formats?: Readonly<Record<string, string>>;
  /**
   * The answer is bytes of these media types instead of JSON: the action returns `Bytes`. If that has `next`, the gateway
   * calls the action again, with the parameter `next`, for the chunk that follows.
   */
  bytes?: { types: readonly string[] };
  /** The body of the request is bytes instead of JSON. The gateway calls the action for each part of it. */
  parts?: PartsContract;
  /**
   * Parameters that make a request expensive, such as the text of a search. Such a request waits in the service for its turn,
   * and the service refuses what is too much; so at the gateway it does not count as load, and takes no place of others.
   */
  expensiveWith?: readonly string[];
  /**
   * The action gets the request as it arrived, because a signature is over its bytes: `body` as text, `query`, and the
   * declared `headers` by their keys, besides the parameters of the path. The body may be of any type.
   */
  raw?: boolean;
  /** Request headers that the handler reads, by the name of the value in `ctx.meta`. */
  headers?: Readonly<Record<string, { name: string; description: string }>>;
  /**
   * Objects that a client may request in the same answer: `?expand=customer` calls the action with that field as parameter.
   * Only who may call the action sees the object. For an internal action `accessOf` names the public one whose access
   * counts instead.
   */
  expand?: Readonly<Record<string, { action: string; param: string; accessOf?: string }>>;
  /**
   * What `Prefer: wait=N` waits for: an action called with the answer's `param` and `waitSeconds`, whose answer replaces
   * this one's fields of the same names.
   */
  waits?: { action: string; param: string };
  /** The action can also be followed as server-sent events: first the items that exist, then new ones. */
  stream?: StreamContract;
  /** Milliseconds until a caller gives up. Absent: `READ_TIMEOUT_MS` if it may be tried again, otherwise `REQUEST_TIMEOUT_MS`. */
  timeoutMs?: number;
  /** Body limit other than the default, in bytes. */
  bodyBytes?: number;
  /** Concurrent calls on one node. Absent: `limits.CALL_CONCURRENCY`. For actions that mostly wait. */
  concurrency?: number;
}

/**
 * How a body that is not JSON reaches an action. The gateway calls the action for one part after another, with the
 * parameters of path and query, the `part` (a `BodyPart`) and, if the action declares it, `before`: its own answer to the
 * part before. It reads on when the action has answered, so a client sends no faster than the action works, and sends the
 * last answer. The parts of a body may go to different nodes.
 */
export interface PartsContract {
  /** Media types of the body, such as `text/csv` or `image/*`. */
  types: readonly string[];
  /** The longest body in bytes. Absent: any length. */
  bytes?: number;
  /** The longest part in bytes. */
  partBytes: number;
  /** Parts end where lines end. */
  lines?: true;
  /** A part is sent as soon as it has bytes (with `lines`: a line), instead of when it is full. For bodies that are sent as they arise. */
  eager?: true;
  /** The body of the example request in the API reference. */
  example: { type: string; text: string } | { type: string; base64: string };
}

/** How a list that only grows is followed as server-sent events. */
export interface StreamContract {
  /** One sentence, shown in the API reference. */
  summary: string;
  /** Path below `/api/v1`, with the same parameters as the read's. */
  rest: `GET /${string}`;
  /** Property of the answer that holds the items. Each item is one event. */
  items: string;
  /** Property with the number of an item: 1, 2, 3 … It is the id of the event, after which `Last-Event-ID` continues. */
  id: string;
  /** Property of an item with the name of the event. */
  event: string;
  /** The signal after which there may be new items, such as `orders.changed`. Its payload also has the path parameter. */
  signal: string;
  /** The stream ends after an item whose property has one of these values. */
  until: { property: string; values: readonly string[] };
}

/**
 * What one table stores about persons: nothing, or which columns, whose they are, and why they must be kept when the person
 * asks for erasure, if they must. `subject` is a column with the id of a customer or a member of staff, or with the key of
 * a row in another table of the service that has such a column.
 */
export type TablePersonalData = "none" | { columns: readonly string[]; subject: string; keptBecause?: string };

/** A fact that a service publishes. `key` names the property of `data` with the id of the aggregate. */
export interface EventContract<D extends TSchema = TSchema> {
  key: string;
  version: string;
  data: D;
}

export interface Contract<
  N extends string = string,
  A extends Record<string, ActionContract> = Record<string, ActionContract>,
  E extends Record<string, EventContract> = Record<string, EventContract>,
  S extends Record<string, TSchema> = Record<string, TSchema>,
> {
  name: N;
  /** What the service is for, in one sentence. */
  summary: string;
  /** Nothing can be bought while this service is down. A gateway that is disconnected and cannot reach it is not ready. */
  essential?: boolean | undefined;
  actions: A;
  events: { readonly [T in keyof E]: E[T] & { readonly type: T; readonly topic: string } };
  /** Schemas of the payloads of its signals, by name. A signal goes to every node and may be lost. */
  signals: S;
  /** By table, for all tables that the service's migrations make. */
  personalData: Readonly<Record<string, TablePersonalData>>;
}

/** An event contract with its name and its stream, for `tx.emit`. */
export type NamedEvent<D extends TSchema = TSchema> = EventContract<D> & {
  readonly type: string;
  readonly topic: string;
};

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

/**
 * The type of a schema. NoInfer keeps the compiler from inferring backwards through TypeBox's types, which would cost it
 * more than all other checks together.
 */
export type TypeOf<S extends TSchema> = NoInfer<Static<S>>;

export type ParamsOf<A> = A extends { params: infer P extends TSchema } ? TypeOf<P> : never;
export type ResultOf<A> = A extends { returns: infer R extends TSchema } ? TypeOf<R> : never;
export type DataOf<E> = E extends { data: infer D extends TSchema } ? TypeOf<D> : never;

export type CallParams<N extends ActionName> = ParamsOf<SpecOf<N>>;
export type CallResult<N extends ActionName> = ResultOf<SpecOf<N>>;
export type EventData<N extends EventName> = DataOf<EventSpecOf<N>>;

/** Calls another service. The compiler checks name, parameters and result. */
export type Call = <N extends ActionName>(
  name: N,
  params: CallParams<N>,
  options?: CallOptions,
) => Promise<CallResult<N>>;

export interface CallOptions {
  /** Milliseconds until the call fails with an outage; the action's default otherwise. */
  timeoutMs?: number;
}

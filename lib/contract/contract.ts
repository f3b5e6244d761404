import { type TSchema, Type } from "typebox";
import { limits } from "#config/limits.ts";
import { checkContract } from "./contract-checks.ts";
import { declare } from "./contract-registry.ts";
import { NamedObject } from "./named.ts";
import type { ActionContract, Contract, EventContract, TablePersonalData } from "./types.ts";

/** The stream of a service's events. The name for customers is older than that of the service. */
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
  const S extends Record<string, TSchema> = Record<never, TSchema>,
>(
  name: N,
  declared: {
    summary: string;
    essential?: boolean;
    actions: A;
    events?: E;
    signals?: S;
    personalData?: Readonly<Record<string, TablePersonalData>>;
  },
): Contract<N, A, E, S> {
  checkContract(name, declared.actions, declared.events ?? {});
  const events = Object.fromEntries(
    Object.entries(declared.events ?? {}).map(([type, spec]) => [type, { ...spec, type, topic: topicOf(name) }]),
  );
  const made: Contract<N, A, E, S> = {
    name,
    summary: declared.summary,
    essential: declared.essential,
    actions: declared.actions,
    events: events as Contract<N, A, E>["events"],
    signals: declared.signals ?? ({} as S),
    personalData: declared.personalData ?? {},
  };
  declare(made as unknown as Contract);
  return made;
}

/** Declares an action. The function only gives the schemas their precise types. */
export function action<P extends TSchema, R extends TSchema>(spec: ActionContract<P, R>): ActionContract<P, R> {
  return spec;
}

/** Read from the schema: `keyof Static<D>` of an unknown `D` costs the compiler more than the rest of a contract. */
type PropertyOf<D extends TSchema> = D extends { properties: infer P } ? keyof P & string : string;

/** Declares an event. The function only gives the schema its precise type. */
export function event<D extends TSchema>(spec: EventContract<D> & { key: PropertyOf<D> }): EventContract<D> {
  return spec;
}

export const DEFAULT_PAGE_ROWS = 20;

/** `page` and `limit` of every list. */
export const Page = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.PAGE_SIZE, default: DEFAULT_PAGE_ROWS })),
};

/** Which rows a request for a page means: the page that was asked for or the first one, and how many rows to skip. */
export function paging({
  page = 1,
  limit = DEFAULT_PAGE_ROWS,
}: {
  page?: number | undefined;
  limit?: number | undefined;
}) {
  return { page, limit, offset: (page - 1) * limit };
}

export const Pagination = NamedObject("Pagination", {
  page: Type.Integer({ minimum: 1, examples: [1] }),
  limit: Type.Integer({ minimum: 1, examples: [DEFAULT_PAGE_ROWS] }),
  total: Type.Integer({ minimum: 0, description: "Number of all rows, on all pages", examples: [1] }),
});

/** The schema of an object with exactly these properties; unknown ones are refused. */
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

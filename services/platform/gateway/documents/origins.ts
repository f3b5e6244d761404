import { demoIdOf } from "#config/demo-ids.ts";
import type { ActionContract, Contract } from "#lib/contract/types.ts";

/** The routes that make things, by the kind of their ids: `cart` is made by `POST /carts`. */
export type Origins = ReadonlyMap<string, readonly string[]>;

/**
 * Finds the routes that answer 201 or 202 with an id that their request does not have. An id inside the answer, such as that of
 * an item in a list, comes from the route that needs the most other ids: an item of a cart is made where the cart is known.
 */
export function originsOf(contracts: readonly Contract[]): Origins {
  const origins = new Map<string, string[]>();
  const inside = new Map<string, { route: string; needed: number }>();
  for (const { rest, status = 200, params, returns, parts } of contracts.flatMap(({ actions }) =>
    Object.values(actions),
  )) {
    if (!rest || ![201, 202].includes(status)) continue;
    const route = rest.replace(/\/:(\w+)/g, "/{$1}");
    const { before: _answer, ...asked } = propertiesOf(params); // the gateway gives an action with parts its own answer
    const given = idKinds(parts ? asked : params);
    const own = ownIdKinds(returns);
    for (const kind of idKinds(returns)) {
      if (given.has(kind)) continue;
      if (own.has(kind)) origins.set(kind, [...(origins.get(kind) ?? []), route]);
      else if (given.size > (inside.get(kind)?.needed ?? -1)) inside.set(kind, { route, needed: given.size });
    }
  }
  for (const [kind, { route }] of inside) if (!origins.has(kind)) origins.set(kind, [route]);
  return origins;
}

/** Where the ids come from that a request needs and that no demonstration shop has from its start. */
export function originNotes({ params }: ActionContract, origins: Origins): string[] {
  return Object.entries(propertiesOf(params)).flatMap(([name, { "x-id": kind }]) => {
    const routes = kind === undefined || demoIdOf(kind) !== undefined ? undefined : origins.get(kind);
    return routes ? [`\`${name}\` comes from ${routes.map((route) => `\`${route}\``).join(" or ")}.`] : [];
  });
}

function propertiesOf(schema: object): Readonly<Record<string, { "x-id"?: string }>> {
  return (schema as { properties?: Readonly<Record<string, { "x-id"?: string }>> }).properties ?? {};
}

/** The kinds of the ids that every object of this schema has itself. */
function ownIdKinds(schema: object): Set<string> {
  const { required = [] } = schema as { required?: readonly string[] };
  const properties = propertiesOf(schema);
  return new Set(required.flatMap((name) => properties[name]?.["x-id"] ?? []));
}

/** The kinds of all ids in a schema. */
function idKinds(schema: object): Set<string> {
  const kinds = new Set<string>();
  JSON.stringify(schema, (_, part: unknown) => {
    if (typeof part === "object" && part !== null && "x-id" in part) kinds.add(String(part["x-id"]));
    return part;
  });
  return kinds;
}

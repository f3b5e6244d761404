import { type Access, refusal } from "#lib/contract/access.ts";
import { isDomainError, validationError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContract, Contract } from "#lib/contract/types.ts";
import type { CallMeta } from "#mixins/service/context.ts";

type Result = Record<string, unknown>;

/** Reads one object for an answer, for callers who have this access. */
interface Expansion {
  action: string;
  param: string;
  access: Access;
}

export type Expansions = Readonly<Record<string, Expansion>>;

/**
 * The expansions of an action, each with the access of the route on which its object can be read alone.
 * @throws Error for an expansion whose access does not follow from a public action
 */
export function expansionsOf({ expand = {} }: ActionContract, contracts: readonly Contract[]): Expansions {
  const entries = Object.entries(expand).map(([name, { action, param, accessOf = action }]) => {
    const [service, own] = accessOf.split(".") as [string, string];
    const access = contracts.find((contract) => contract.name === service)?.actions[own]?.access;
    if (!access || access.kind === "internal")
      throw new Error(`The expansion ${name} needs \`accessOf\`, because ${accessOf} is no public action.`);
    return [name, { action, param, access }];
  });
  return Object.fromEntries(entries);
}

/**
 * Removes `?expand=` from the query.
 * @returns the names in it, each once
 * @throws DomainError VALIDATION_FAILED for a name that the contract does not offer
 */
export function takeExpansions(spec: ActionContract, query: URLSearchParams): string[] {
  if (!spec.expand) return [];
  const names = query
    .getAll("expand")
    .flatMap((value) => value.split(","))
    .filter(Boolean);
  query.delete("expand");
  const unknown = names.filter((name) => !Object.hasOwn(spec.expand ?? {}, name));
  if (unknown.length > 0) {
    const message = `must be one of ${Object.keys(spec.expand).join(", ")}`;
    throw validationError(undefined, [{ path: "/expand", message }]);
  }
  return [...new Set(names)];
}

/**
 * Reads the objects of other services that the client asked for, all at the same time.
 * @returns the objects by name; null where the service is away or the caller may not see the object. A refusal of the whole
 * request was rejected: the caller may see the rest, and programs ask for the same expansions for all their users.
 */
export async function readExpansions(
  expansions: Expansions,
  names: readonly string[],
  result: Result,
  caller: CallMeta,
  call: (action: string, params: object) => Promise<Result>,
): Promise<Result> {
  const objects = await Promise.all(
    names.map(async (name) => {
      const { action, param, access } = expansions[name] as Expansion;
      if (refusal(access, caller.auth, result, caller)) return [name, null];
      try {
        const object = await call(action, { [param]: result[param] });
        return [name, name in object ? object[name] : object];
      } catch (error) {
        if (isOutage(error) || isDomainError(error)) return [name, null];
        throw error;
      }
    }),
  );
  return Object.fromEntries(objects);
}

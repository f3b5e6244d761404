import { isDomainError, validationError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContract } from "#lib/contract/types.ts";

type Result = Record<string, unknown>;
type Expansion = { action: string; param: string };

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
 * @returns the objects by name; null where the service is away or the caller may not see the object, so that the rest
 * is still answered
 */
export async function readExpansions(
  spec: ActionContract,
  names: readonly string[],
  result: Result,
  call: (action: string, params: object) => Promise<Result>,
): Promise<Result> {
  const expansions = spec.expand ?? {};
  const objects = await Promise.all(
    names.map(async (name) => {
      const { action, param } = expansions[name] as Expansion;
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

import type { TSchema } from "typebox";
import { pathParams } from "./rest-path.ts";
import type { ActionContract, EventContract } from "./types.ts";

/**
 * What the compiler cannot see of a contract. A slip in one of these would show as a 404 or as an open door, much later.
 * @throws Error naming the contract and the slip, when the contract is loaded
 */
export function checkContract(
  service: string,
  actions: Readonly<Record<string, ActionContract>>,
  events: Readonly<Record<string, EventContract>>,
): void {
  if (!/^[a-z][a-z0-9-]*$/.test(service)) slip(service, "a service's name is lower-case, such as gift-cards");
  for (const [name, spec] of Object.entries(actions)) checkAction(`${service}.${name}`, spec);
  for (const [type, { key, data }] of Object.entries(events)) {
    if (!has(data, key)) slip(`${service}.${type}`, `its key ${key} is no property of its data`);
  }
}

function checkAction(name: string, { rest, params, access, stream, waits, returns }: ActionContract): void {
  if (!/^[\w-]+\.\w+$/.test(name))
    slip(name, "an action's name is one word; `admin.` belongs to the operators' actions");
  if (access.kind === "internal" && rest) slip(name, "it is internal, so it cannot have a REST route");
  if (access.kind !== "internal" && !rest && access.kind !== "anyone") {
    slip(name, "without a REST route it is for other services: say internal()");
  }
  for (const param of pathParams(rest ?? "")) {
    if (!has(params, param)) slip(name, `:${param} of its path is no parameter`);
  }
  if (access.kind === "owner" && access.param !== undefined && !has(params, access.param)) {
    slip(name, `the owner's ${access.param} is no parameter`);
  }
  if (stream && !has(returns, stream.items)) slip(name, `${stream.items}, which it streams, is not in its answer`);
  if (waits && !has(returns, waits.param)) slip(name, `${waits.param}, which it waits for, is not in its answer`);
}

function has(schema: TSchema, property: string): boolean {
  return "properties" in schema && Object.hasOwn(schema.properties as object, property);
}

function slip(what: string, problem: string): never {
  throw new Error(`The contract of ${what} cannot be: ${problem}.`);
}

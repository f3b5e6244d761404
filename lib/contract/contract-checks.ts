import type { TSchema } from "typebox";
import { pathParams } from "./rest-path.ts";
import type { ActionContract, EventContract } from "./types.ts";

/**
 * Checks what the compiler cannot check. A mistake here would show much later, as a 404 or as missing access control.
 * @throws Error that names the contract and the mistake, when the contract is loaded
 */
export function checkContract(
  service: string,
  actions: Readonly<Record<string, ActionContract>>,
  events: Readonly<Record<string, EventContract>>,
): void {
  if (!/^[a-z][a-z0-9-]*$/.test(service)) reject(service, "a service's name is lower-case, such as gift-cards");
  for (const [name, spec] of Object.entries(actions)) checkAction(`${service}.${name}`, spec);
  for (const [type, { key, data }] of Object.entries(events)) {
    if (!has(data, key)) reject(`${service}.${type}`, `its key ${key} is not a property of its data`);
  }
}

function checkAction(
  name: string,
  {
    rest,
    params,
    access,
    cached,
    formats,
    headers,
    raw,
    stream,
    waits,
    returns,
    bytes,
    parts,
    idempotent,
  }: ActionContract,
): void {
  if (!/^[\w-]+\.\w+$/.test(name))
    reject(name, "an action's name is one word; `admin.` belongs to the operators' actions");
  if (access.kind === "internal" && rest) reject(name, "it is internal, so it cannot have a REST route");
  if (access.kind !== "internal" && !rest && access.kind !== "anyone") {
    reject(name, "without a REST route it is for other services: say internal()");
  }
  if (cached && !(access.kind === "anyone" && access.badToken === "ignored")) {
    reject(name, 'the gateway sends a cached answer to every caller: say anyone({ badToken: "ignored" })');
  }
  if (formats && (!rest?.startsWith("GET ") || cached || raw)) {
    reject(name, "other formats are for a plain GET, whose answer is neither cached nor raw");
  }
  if (bytes && (!rest?.startsWith("GET ") || cached || raw || formats || !has(returns, "base64"))) {
    reject(name, "bytes are for a plain GET that returns Bytes, and is neither cached nor raw nor has other formats");
  }
  if (parts && (!rest || /^(GET|DELETE) /.test(rest) || raw || idempotent || !has(params, "part"))) {
    reject(name, "a body in parts is for a route with a body, a parameter `part`, and no idempotency key");
  }
  for (const param of pathParams(rest ?? "")) {
    if (!has(params, param)) reject(name, `:${param} in its path is not a parameter`);
  }
  if (access.kind === "owner" && access.param !== undefined && !has(params, access.param)) {
    reject(name, `${access.param}, which holds its owner, is not a parameter`);
  }
  if (access.kind === "owner" && access.token !== undefined && !Object.hasOwn(headers ?? {}, access.token)) {
    reject(name, `${access.token}, which proves its owner, is not one of its headers`);
  }
  if (stream && !has(returns, stream.items)) reject(name, `${stream.items}, which it streams, is not in its answer`);
  if (waits && !has(returns, waits.param)) reject(name, `${waits.param}, which it waits for, is not in its answer`);
}

function has(schema: TSchema, property: string): boolean {
  return "properties" in schema && Object.hasOwn(schema.properties as object, property);
}

function reject(what: string, problem: string): never {
  throw new Error(`The contract of ${what} is not valid: ${problem}.`);
}

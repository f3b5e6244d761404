import type { IncomingMessage } from "node:http";
import { limits } from "#config/limits.ts";
import type { Contract } from "#lib/contract/types.ts";

const BODY_METHODS = new Set(["POST", "PUT", "PATCH"]); // bodies of other requests are ignored

/**
 * How many bytes the body of a request may have. Known before the request is routed, because a body is read before that;
 * so only the few routes whose contract names a limit are compared with the path.
 * @returns undefined for a request without a body, and for one whose route reads it in parts
 */
export function bodyLimits(contracts: readonly Contract[]): (req: IncomingMessage) => number | undefined {
  const exceptions = contracts
    .flatMap(({ actions }) => Object.values(actions))
    .flatMap(({ rest, bodyBytes, parts }) =>
      rest && (bodyBytes || parts) ? [{ ...routeOf(rest), bodyBytes: parts ? undefined : bodyBytes }] : [],
    );
  return ({ method = "", url = "", headers }) => {
    if (!hasBody({ headers }) || !BODY_METHODS.has(method)) return undefined;
    const exception = exceptions.find((route) => route.method === method && route.path.test(url));
    return exception ? exception.bodyBytes : limits.BODY_BYTES;
  };
}

/** Whether a request has a body, by its headers. */
export function hasBody({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** The route of a contract, such as `POST /things/:thingId`, with a pattern for the URLs of its requests. */
function routeOf(rest: string): { method: string; path: RegExp } {
  const [method = "", path = ""] = rest.split(" ");
  const pattern = path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\/:\w+/g, "/[^/?]+");
  return { method, path: new RegExp(`^/api/v1${pattern}/?(?:\\?|$)`, "i") };
}

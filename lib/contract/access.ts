import type { ErrorCode } from "./errors.ts";

/** Who is calling. It travels with every call, from node to node, in `ctx.meta.auth`. */
export type Auth =
  | { kind: "anonymous" }
  | { kind: "customer"; customerId: string }
  | { kind: "staff"; staffId: string; scopes: readonly string[] }
  | { kind: "service"; service: string };

/** Who may call an action. */
export type Access =
  | { kind: "anyone" }
  | { kind: "customer" }
  | { kind: "staff"; scope: string }
  | { kind: "owner"; scope: string; param?: string }
  | { kind: "internal" };

/** Everybody, guests included. */
export const anyone = (): Access => ({ kind: "anyone" });
/** A signed-in customer. */
export const customer = (): Access => ({ kind: "customer" });
/** Staff, or a service, with this scope such as `catalog:write`. */
export const staff = (scope: string): Access => ({ kind: "staff", scope });
/**
 * The customer who owns the thing, or staff with the scope. With `param`, the parameter that holds the owner's customer
 * id is checked before the handler runs; without it the handler loads the thing and calls `requireOwner`.
 */
export const ownerOr = (scope: string, param?: string): Access => ({
  kind: "owner",
  scope,
  ...(param ? { param } : {}),
});
/** Other services only: has no REST route. */
export const internal = (): Access => ({ kind: "internal" });

/** Whether a caller holds a scope. `*` holds all; `orders:*` holds all of orders. */
export function hasScope(auth: Auth, scope: string): boolean {
  if (auth.kind === "service") return true;
  if (auth.kind !== "staff") return false;
  const [domain] = scope.split(":");
  return auth.scopes.some((held) => held === "*" || held === scope || held === `${domain}:*`);
}

/** Whether the caller is this customer, or staff with the scope, or a service. */
export function owns(auth: Auth, customerId: string, scope: string): boolean {
  return (auth.kind === "customer" && auth.customerId === customerId) || hasScope(auth, scope);
}

/**
 * The decision, pure: `undefined` lets the call pass, else the code it is refused with. Somebody else's thing is
 * NOT_FOUND, so that ids cannot be probed.
 */
export function refusal(access: Access, auth: Auth | undefined, params: unknown): ErrorCode | undefined {
  if (!auth) return "UNAUTHENTICATED"; // nobody vouched for this call
  switch (access.kind) {
    case "anyone":
    case "internal":
      return undefined;
    case "customer":
      if (auth.kind === "customer" || auth.kind === "service") return undefined;
      return auth.kind === "anonymous" ? "UNAUTHENTICATED" : "FORBIDDEN";
    case "staff":
      if (auth.kind === "anonymous") return "UNAUTHENTICATED";
      return hasScope(auth, access.scope) ? undefined : "FORBIDDEN";
    case "owner": {
      if (auth.kind === "anonymous") return "UNAUTHENTICATED";
      if (auth.kind === "customer") {
        if (access.param === undefined) return undefined;
        return (params as Record<string, unknown> | null | undefined)?.[access.param] === auth.customerId
          ? undefined
          : "NOT_FOUND";
      }
      return hasScope(auth, access.scope) ? undefined : "FORBIDDEN";
    }
    default:
      return access satisfies never;
  }
}

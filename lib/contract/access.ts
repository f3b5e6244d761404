import type { ErrorCode } from "./errors.ts";

/** The identity of a caller. Every call carries it from node to node in `ctx.meta.auth`. */
export type Auth =
  | { kind: "anonymous" }
  | { kind: "customer"; customerId: string }
  | { kind: "staff"; staffId: string; scopes: readonly string[] }
  | { kind: "service"; service: string };

/** Who may call an action. */
export type Access =
  | { kind: "anyone"; badToken?: "ignored" }
  | { kind: "customer" }
  | { kind: "staff"; scope: string }
  | { kind: "owner"; scope: string; param?: string; token?: string }
  | { kind: "internal" };

/**
 * Everybody, also guests. The action may treat callers differently: a cart belongs to the customer who made it. So a token
 * that cannot be verified, because it has expired for example, is answered with UNAUTHENTICATED, and the client refreshes
 * it. With `badToken: "ignored"` the caller counts as a guest instead. That is for actions which a client needs when its
 * token has expired, such as login and refresh, and for what is public.
 */
export const anyone = (options: { badToken?: "ignored" } = {}): Access => ({ kind: "anyone", ...options });
/** A signed-in customer. */
export const customer = (): Access => ({ kind: "customer" });
/** Staff, or a service, with this scope such as `catalog:write`. */
export const staff = (scope: string): Access => ({ kind: "staff", scope });
/**
 * The customer who owns the object, or staff with the scope. `param` names the parameter with the owner's customer id,
 * which is checked before the handler runs. Without it the handler loads the object and calls `ctx.requireOwner`.
 */
export const ownerOr = (scope: string, param?: string): Access & { kind: "owner" } => ({
  kind: "owner",
  scope,
  ...(param ? { param } : {}),
});
/**
 * Lets guests pass as well whose request carries a token that proves that the object is theirs. `token` is the name of the
 * value in the contract's `headers`. The handler checks it, and gives the result to `ctx.requireOwner`.
 */
export const orHolderOf = (token: string, access: Access & { kind: "owner" }): Access => ({ ...access, token });
/** Only other services; such an action has no REST route. */
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
 * Decides whether a call may pass: `undefined` if it may, otherwise the error code. The object of another customer is
 * NOT_FOUND, so that nobody can find out which ids exist.
 * @param tokens the values of the contract's `headers` that the request carries
 */
export function refusal(
  access: Access,
  auth: Auth | undefined,
  params: unknown,
  tokens: object = {},
): ErrorCode | undefined {
  if (!auth) return "UNAUTHENTICATED"; // the call carries no identity, not even that of a guest
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
      const holdsToken = access.token !== undefined && (tokens as Record<string, unknown>)[access.token] !== undefined;
      if (holdsToken && (auth.kind === "anonymous" || auth.kind === "customer")) return undefined;
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

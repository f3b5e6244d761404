import type { Middleware } from "moleculer";
import type { Auth } from "#lib/contract/access.ts";

const OPERATOR: Auth = { kind: "staff", staffId: "operator", scopes: ["*"] };

type Calling = (
  action: string,
  params: object,
  options?: { meta?: { $repl?: boolean; auth?: Auth } },
) => Promise<unknown>;

/**
 * Gives calls from the REPL of this process the identity of an operator, who may do everything, because only people with a
 * shell on the node can type there. Calls of clients and of other nodes keep their identity.
 */
export const operator = {
  name: "Operator",
  call(next: Calling): Calling {
    return (action, params, options) => {
      const { meta } = options ?? {};
      if (!meta?.$repl || meta.auth) return next(action, params, options);
      return next(action, params, { ...options, meta: { ...meta, auth: OPERATOR } });
    };
  },
} as unknown as Middleware; // Moleculer's types take `call` for the promise of a call

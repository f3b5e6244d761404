import type { Middleware } from "moleculer";
import type { Auth } from "#lib/contract/access.ts";

const OPERATOR: Auth = { kind: "staff", staffId: "operator", scopes: ["*"] };

type Calling = (
  action: string,
  params: object,
  options?: { meta?: { $repl?: boolean; auth?: Auth } },
) => Promise<unknown>;

/**
 * Whoever has a shell on a node may do everything: calls typed into the REPL carry an operator's identity. Only the REPL
 * of this very process is believed; what comes from clients or other nodes has the identity it came with.
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

import type { IncomingMessage } from "node:http";
import type { Auth } from "#lib/contract/access.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import type { TokenVerifier } from "../identity/token-verifier.ts";
import { clientAddress } from "./request-headers.ts";

/** Who sends a request, found out once for each request and before its route is known. */
export interface Caller {
  /** Anonymous without a token, and with one that was refused. */
  auth: Auth;
  address: string;
  /** Why the token was refused. Whether that matters depends on the action, see `callerOf`. */
  tokenError?: unknown;
}

/** The id of the account that the caller has signed in to; undefined for guests. */
export function accountOf(auth: Auth): string | undefined {
  if (auth.kind === "customer") return auth.customerId;
  if (auth.kind === "staff") return auth.staffId;
  return undefined;
}

export async function identify(req: IncomingMessage, verifier: TokenVerifier, trustProxy: boolean): Promise<Caller> {
  const address = clientAddress(req, trustProxy);
  try {
    return { auth: await verifier.identify(req.headers.authorization), address };
  } catch (tokenError) {
    return { auth: { kind: "anonymous" }, address, tokenError };
  }
}

/**
 * The caller of an action.
 * @throws what was wrong with the token, unless the action's contract says that a bad token is ignored
 */
export function callerOf({ caller }: { caller: Caller }, { access }: Pick<ActionContract, "access">): Caller {
  const isIgnored = access.kind === "anyone" && access.badToken === "ignored";
  if (caller.tokenError !== undefined && !isIgnored) throw caller.tokenError;
  return caller;
}

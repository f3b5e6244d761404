import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "moleculer";
import type { CallMeta } from "#mixins/service/context.ts";
import type { TokenVerifier } from "../identity/token-verifier.ts";
import type { Caller } from "./caller.ts";
import type { EdgeCache } from "./edge-cache.ts";
import type { Languages } from "./languages.ts";

/** A request as moleculer-web passes it to an alias. */
export interface GatewayRequest extends IncomingMessage {
  $ctx: Context<unknown, CallMeta>;
  $params: { params?: Record<string, unknown> };
  originalUrl: string;
  caller: Caller;
}

/** What the handler of a request needs from the gateway. */
export interface Edge {
  verifier: Pick<TokenVerifier, "identify">;
  cache: EdgeCache;
  languages: Languages;
  /**
   * The request starts to wait for something slow. From here on it counts neither as load nor in the measured latency.
   * @returns a promise that resolves when the gateway begins to stop, because then the request must not wait any longer
   */
  beginWaiting(res: ServerResponse): Promise<void>;
  accessLog: { beginAction(req: GatewayRequest, res: ServerResponse, requestId: string): void };
  log: {
    info(message: string, facts: object): void;
    warn(message: string, facts: object): void;
    error(message: string, facts: object): void;
  };
}

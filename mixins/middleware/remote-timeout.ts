import { type ActionSchema, type Context, Errors, type Middleware } from "moleculer";

const AFTER_TIMEOUT_MS = 100;

/**
 * Ends a call to another node that was never answered. Moleculer tells the caller in time and forgets the request, but
 * leaves its promise open: the circuit breaker, which lies inside of the time-out, would never learn that a node is
 * silent, and a node that stops would wait for calls that ended long ago.
 */
export const remoteTimeout = {
  name: "RemoteTimeout",
  remoteAction(next: (ctx: Context) => Promise<unknown>, { name = "" }: ActionSchema) {
    return (ctx: Context) => {
      const { nodeID, options } = ctx;
      const answer = next(ctx);
      if (!options.timeout) return answer;
      const { promise, resolve, reject } = Promise.withResolvers();
      const silent = () => reject(new Errors.RequestTimeoutError({ action: name, nodeID: nodeID ?? "" }));
      const timer = setTimeout(silent, options.timeout + AFTER_TIMEOUT_MS);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
      return promise;
    };
  },
} as Middleware;

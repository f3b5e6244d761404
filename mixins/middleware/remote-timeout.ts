import { type ActionSchema, type Context, Errors, type Middleware } from "moleculer";

const AFTER_TIMEOUT_MS = 100; // so that Moleculer's own time-out comes first

/**
 * Rejects a call to another node that is never answered. Moleculer's own time-out tells the caller, but it leaves the inner
 * promise pending. Then the circuit breaker, which is inside that time-out, would not count the failure, and a node that
 * stops would wait for calls that ended long ago.
 */
export const remoteTimeout = {
  name: "RemoteTimeout",
  remoteAction(next: (ctx: Context) => Promise<unknown>, { name = "" }: ActionSchema) {
    return (ctx: Context) => {
      const { nodeID, options } = ctx;
      const answer = next(ctx);
      if (!options.timeout) return answer;
      const { promise, resolve, reject } = Promise.withResolvers();
      const giveUp = () => reject(new Errors.RequestTimeoutError({ action: name, nodeID: nodeID ?? "" }));
      const timer = setTimeout(giveUp, options.timeout + AFTER_TIMEOUT_MS);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
      return promise;
    };
  },
} as Middleware;

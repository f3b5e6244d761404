import type { ActionSchema, Context, Middleware } from "moleculer";

/**
 * Sends a call to another node when a node refuses it: a node that stops refuses late calls, and a node that has just
 * started refuses calls to services that are not ready. Such a call has not begun, so this is safe for every action.
 */
export const retryRefusedCall = {
  name: "RetryRefusedCall",
  remoteAction(next: (ctx: Context) => Promise<unknown>, { name = "" }: ActionSchema) {
    return (ctx: Context) =>
      next(ctx).catch((error: unknown) => {
        if (!refusedBy(error, name, ctx.nodeID)) throw error;
        return ctx.broker.call(name, ctx.params, { ctx: ctx.copy() } as object);
      });
  },
} as Middleware;

function refusedBy(error: unknown, action: string, nodeID: string | null): boolean {
  const { type, data } = error as { type?: unknown; data?: { action?: unknown; nodeID?: unknown } };
  const refused = type === "SERVICE_NOT_AVAILABLE" || type === "SERVICE_NOT_FOUND";
  return refused && data?.action === action && data.nodeID === nodeID;
}

import type { ActionSchema, Context, Middleware } from "moleculer";

/**
 * A node that stops refuses what reaches it late, and one that has just come back what it does not offer yet. Nothing of
 * such a call has begun, so another node may take it, whether or not it could safely run twice.
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

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StripeServer, type StripeServerOptions, stripeServer } from "./stripe-server.ts";

export type { StripeServer } from "./stripe-server.ts";

export const SECRET_KEY = "sk_test_x";
export const WEBHOOK_SECRET = "whsec_test_x";

/** A Stripe of its own, in a folder of its own, which is removed when it stops. */
export async function openStripe(options: Omit<StripeServerOptions, "file"> = {}): Promise<StripeServer> {
  const folder = await mkdtemp(join(tmpdir(), "tradepost-stripe-"));
  const server = await stripeServer({ ...options, file: join(folder, "stripe.sqlite") });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  };
  return { ...server, stop };
}

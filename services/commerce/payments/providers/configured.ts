import type { Env } from "#config/env.ts";
import { failPoints } from "#lib/fault-injection/fail-points.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { plannedFault } from "./failing-provider.ts";
import type { PaymentProvider } from "./provider.ts";
import { redirectingProviders } from "./redirecting.ts";
import { stripeProvider } from "./stripe.ts";
import { TestProvider } from "./test-provider.ts";
import { booksPlace, openBooks } from "./test-provider-books.ts";

/** The providers whose secrets are in the settings; the test provider if there are none. */
export async function configuredProviders(ctx: Pick<SetupContext, "env" | "db" | "now">): Promise<PaymentProvider[]> {
  const configured = await realProviders(ctx.env);
  return configured.length > 0 ? configured : [testProvider(ctx)];
}

/** The providers that move real money, in the order in which they are preferred. */
export async function realProviders(env: Env): Promise<PaymentProvider[]> {
  const configured: PaymentProvider[] = [];
  if (env.STRIPE_SECRET_KEY) {
    configured.push(
      await stripeProvider({
        secretKey: env.STRIPE_SECRET_KEY,
        ...(env.STRIPE_WEBHOOK_SECRET ? { webhookSecret: env.STRIPE_WEBHOOK_SECRET } : {}),
        ...(env.STRIPE_API_BASE ? { apiBase: new URL(env.STRIPE_API_BASE) } : {}),
      }),
    );
  }
  return [...configured, ...(await redirectingProviders(env))];
}

function testProvider(ctx: Pick<SetupContext, "db" | "now">): PaymentProvider {
  const points = failPoints;
  return new TestProvider({
    books: openBooks(booksPlace(ctx.db.place)),
    now: ctx.now,
    fault: points && ((call) => plannedFault(points, call)),
  });
}

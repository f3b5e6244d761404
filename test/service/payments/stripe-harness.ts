import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { stripeProvider } from "#services/commerce/payments/providers/stripe.ts";
import { eventually } from "#test/support/eventually.ts";
import { openStripe, SECRET_KEY, type StripeServer, WEBHOOK_SECRET } from "#test/support/stripe-server/open.ts";
import type { StripeFault, StripeServerOptions } from "#test/support/stripe-server/stripe-server.ts";
import { type HarnessOptions, type Order, type PaymentsHarness, paymentsHarness } from "./payments-harness.ts";

export interface StripeHarness {
  harness: PaymentsHarness;
  stripe: StripeServer;
  /** The next POSTs to Stripe go wrong, in turn. */
  failNext(...faults: StripeFault[]): void;
  /** Calls the action that the gateway calls for a notification. */
  receive(body: string, signature: string | undefined): Promise<unknown>;
  /** Waits until everything that Stripe has told is processed, so that what happens there from now on is not seen by chance. */
  heard(): Promise<void>;
  /** An order whose payment waits for its customer. */
  waiting(total?: number): Promise<{ order: Order; paymentId: string; reference: string }>;
  /** An order whose money is held. */
  authorized(total?: number, method?: string): Promise<{ order: Order; paymentId: string; reference: string }>;
  stop(): Promise<void>;
}

/** Payments with Stripe, and a Stripe that tells them by webhook what happens there. */
export async function stripeHarness({
  server,
  ...options
}: Omit<HarnessOptions, "provider"> & {
  server?: Omit<StripeServerOptions, "file" | "webhooks">;
} = {}): Promise<StripeHarness> {
  let deliver: StripeHarness["receive"] = () => Promise.reject(new Error("The shop is not open yet."));
  const endpoint = await openEndpoint((body, signature) => deliver(body, signature));
  const stripe = await openStripe({ ...server, webhooks: { url: endpoint.url, secret: WEBHOOK_SECRET } });
  const timeoutMs = options.timings?.timeoutMs;
  const harness = await paymentsHarness({
    ...options,
    provider: () =>
      stripeProvider({
        secretKey: SECRET_KEY,
        webhookSecret: WEBHOOK_SECRET,
        apiBase: stripe.url,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }),
  });
  deliver = (body, signature) =>
    harness.call(
      "payments.receive",
      {
        provider: "stripe",
        body,
        query: {},
        headers: signature === undefined ? {} : { "stripe-signature": signature },
      },
      { kind: "anonymous" },
    );
  const begun = async (order: Order, event: string) => {
    await harness.publishCreated(order);
    await harness.publishReserved(order);
    await harness.awaitEvents(order, event);
    const { paymentId } = await harness.paymentOf(order);
    const [intent] = stripe.intentsOf(order.orderId);
    if (!intent) throw new Error(`${order.orderId} has no intent.`);
    return { order, paymentId, reference: intent.id };
  };
  return {
    harness,
    stripe,
    failNext: (...faults) => {
      stripe.faults.next = ({ method }) => (method === "POST" ? faults.shift() : undefined);
    },
    receive: (body, signature) => deliver(body, signature),
    heard: () =>
      eventually(async () => {
        if (stripe.undelivered() > 0) throw new Error("Stripe has not told everything yet.");
        const open = await harness.db.query("SELECT FROM notification_work");
        if (open.length > 0) throw new Error(`${open.length} notifications are not processed yet.`);
      }),
    waiting: (total = 30) => begun(harness.order(total, "pm_card_authenticationRequired"), "PaymentActionRequired"),
    authorized: (total = 200, method = "pm_card_visa") => begun(harness.order(total, method), "PaymentAuthorized"),
    stop: async () => {
      await harness.stop();
      await stripe.stop();
      await endpoint.close();
    },
  };
}

/** What stands for the gateway: gives each notification to the action, and answers with its status. */
async function openEndpoint(receive: StripeHarness["receive"]) {
  const server = createServer(async (request, response) => {
    const status = await receive(await textOf(request), request.headers["stripe-signature"]?.toString()).then(
      () => 200,
      (error: { code?: unknown }) => (typeof error.code === "number" ? error.code : 500),
    );
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/stripe`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

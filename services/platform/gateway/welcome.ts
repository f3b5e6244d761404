import { decodeJwt } from "jose";
import type { ServiceBroker } from "moleculer";
import { demoAccounts, demoProducts } from "#config/demo.ts";
import type { CallResult, Contract } from "#lib/contract/types.ts";
import { nodeOf } from "#mixins/service/node.ts";

const DEMO_WAIT_MS = 10_000;

/**
 * Prints the address of the shop, the demo accounts and a command that places an order. In a cluster and in production it
 * only logs the address.
 */
export async function printWelcome(broker: ServiceBroker, contracts: readonly Contract[]): Promise<void> {
  const { env } = nodeOf(broker);
  const shop = `http://localhost:${env.PORT}`;
  if (env.production || env.NATS_URL) {
    broker.logger.info(`The gateway listens on ${shop}`);
    return;
  }
  const complete = await broker
    .waitForServices(
      contracts.map(({ name }) => name),
      DEMO_WAIT_MS,
    )
    .catch(() => undefined);
  if (!complete)
    return broker.logger.warn(
      `The gateway listens on ${shop}, but parts of the shop are missing: see ${shop}/health/ready`,
    );
  const customer = env.SEED_DEMO === "off" ? undefined : await demoCustomer(broker);
  process.stdout.write(
    [
      "",
      `  Tradepost is open at ${shop}/api/v1`,
      `  API reference        ${shop}/docs`,
      ...(customer
        ? [
            `  Demo customer        ${demoAccounts.customer.email} / ${demoAccounts.customer.password}`,
            `  Demo staff           ${demoAccounts.staff.email} / ${demoAccounts.staff.password}`,
            "",
            "  Buy something:",
            "",
            purchase(shop, customer),
          ]
        : []),
      "",
      "",
    ].join("\n"),
  );
}

/** The demo customer's id. Waits for the account, because services seed their data after they have started. */
async function demoCustomer(broker: ServiceBroker): Promise<string | undefined> {
  const { email, password } = demoAccounts.customer;
  const meta = { auth: { kind: "anonymous" } };
  const deadline = performance.now() + DEMO_WAIT_MS;
  while (performance.now() < deadline) {
    try {
      const { accessToken } = await broker.call<CallResult<"auth.login">, object>(
        "auth.login",
        { email, password },
        { meta },
      );
      return decodeJwt(accessToken).sub;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return undefined;
}

function purchase(shop: string, customerId: string): string {
  const { email, password, address } = demoAccounts.customer;
  const product = demoProducts[0];
  const variant = product?.variants[0];
  const order = {
    customerId,
    items: [{ productId: product?.productId, sku: variant?.sku, quantity: 1, price: variant?.price }],
    shippingAddress: address,
    paymentMethodId: "pm_card_visa",
  };
  return [
    `curl -s ${shop}/api/v1/orders -H 'Content-Type: application/json' -H 'Prefer: wait=5' \\`,
    `  -H "Authorization: Bearer $(curl -s ${shop}/api/v1/auth/login -H 'Content-Type: application/json' \\`,
    `    -d '${JSON.stringify({ email, password })}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')" \\`,
    `  -d '${JSON.stringify(order)}'`,
  ].join("\n");
}

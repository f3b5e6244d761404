import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { paymentLimits } from "#services/commerce/payments/domain/limits.ts";
import { stripeProvider } from "#services/commerce/payments/providers/stripe.ts";
import { type Client, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";
import { openStripe, SECRET_KEY, type StripeServer, WEBHOOK_SECRET } from "#test/support/stripe-server/open.ts";
import { verify } from "#tools/verify/verify.ts";

const WAIT = { prefer: "wait=10" };

describe.each(MODES)("a shop that is paid by Stripe, from %s", (mode) => {
  const namespace = freshNamespace();
  let internet: Server;
  let stripe: StripeServer;
  let shop: Shop;
  let staff: Client;
  let buyer: Client;

  beforeAll(async () => {
    internet = createServer(async (incoming, response) => {
      const answer = await fetch(`${shop.url}/api/v1/webhooks/stripe`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "stripe-signature": String(incoming.headers["stripe-signature"]),
        },
        body: await text(incoming),
      });
      response.writeHead(answer.status).end();
    }).listen(0, "127.0.0.1");
    await once(internet, "listening");
    const { port } = internet.address() as AddressInfo;
    stripe = await openStripe({ webhooks: { url: `http://127.0.0.1:${port}`, secret: WEBHOOK_SECRET } });
    shop = await startShop(mode, {
      NAMESPACE: namespace,
      STRIPE_SECRET_KEY: SECRET_KEY,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      STRIPE_API_BASE: stripe.url.href,
    });
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
  });
  afterAll(async () => {
    await shop?.stop();
    await stripe?.stop();
    internet?.close();
  });

  async function placed(method: string) {
    const goods = await newGoods(staff, 5);
    const { status, body } = await buyer.post("/orders", orderOf(buyer, goods, 1, method), WAIT);
    expect(status).toBe(201);
    return body as { orderId: string; status: string };
  }
  const paymentOf = async (orderId: string) => (await buyer.get(`/orders/${orderId}?expand=payment`)).body.payment;

  test("an order is paid with one charge", async () => {
    const { orderId, status } = await placed("pm_card_visa");
    expect(status).toBe("paid");
    expect(await paymentOf(orderId)).toMatchObject({
      provider: "stripe",
      status: "captured",
      paymentMethod: { type: "card", last4: "4242" },
    });
    expect(stripe.chargesOf(orderId)).toMatchObject([{ captured: 2_000, refunded: 0 }]);
  });

  test("after 3-D Secure the webhook alone pays the order", async () => {
    const { orderId } = await placed("pm_card_authenticationRequired");
    const { action } = await paymentOf(orderId);
    expect(action.clientSecret).toContain("_secret_");
    const [intent] = stripe.intentsOf(orderId);
    stripe.authenticate(intent?.id ?? "");
    await eventually(async () => expect((await buyer.get(`/orders/${orderId}`)).body.status).toBe("paid"));
    expect(stripe.chargesOf(orderId)).toMatchObject([{ captured: 2_000 }]);
  });

  test("a forged webhook is refused, and a genuine one is taken as often as it comes", async () => {
    const body = JSON.stringify({ id: "evt_1", object: "event", type: "ping", data: { object: {} } });
    const send = (signature: string) =>
      fetch(`${shop.url}/api/v1/webhooks/stripe`, { method: "POST", headers: { "stripe-signature": signature }, body });
    const forged = await send(stripe.sign(body, "another secret"));
    expect([forged.status, ((await forged.json()) as { code: string }).code]).toEqual([400, "INVALID_SIGNATURE"]);
    const large = await fetch(`${shop.url}/api/v1/webhooks/stripe`, {
      method: "POST",
      body: "x".repeat(paymentLimits.NOTIFICATION_BYTES + 1),
    });
    expect(large.status).toBe(413);
    for (let times = 0; times < 2; times++) expect((await send(stripe.sign(body, WEBHOOK_SECRET))).status).toBe(204);
  });

  test("what `npm run verify` finds is what Stripe says otherwise", async () => {
    const { orderId } = await placed("pm_card_visa");
    const provider = await stripeProvider({ secretKey: SECRET_KEY, apiBase: stripe.url });
    const findings = async () => {
      const all = await verify({ server: postgresUrl(), namespace, graceSeconds: 1, providers: [provider] });
      return all
        .filter(({ outcome }) => outcome === "violated" || outcome === "unchecked")
        .map(({ invariant }) => invariant);
    };
    await eventually(async () => expect(await findings()).toEqual([]));
    await eventually(() => expect(stripe.undelivered()).toBe(0)); // and processed: verify has taken longer than that
    stripe.holdWebhooks();
    const [intent] = stripe.intentsOf(orderId);
    stripe.refund(intent?.id ?? "", 500);
    expect(await findings()).toEqual(["provider.listed"]);
    stripe.releaseWebhooks();
    await eventually(async () => expect((await paymentOf(orderId)).refundedAmount).toBe(5));
    expect(await findings()).toEqual([]);
  });
});

import type { ReceivedNotification } from "#services/commerce/payments/providers/provider.ts";
import { fakeApi } from "#test/support/fake-api.ts";

/** The address of the shop's webhooks, without a gateway: what arrives is handed on as the gateway would do it. */
export function webhookRelay(receive: (received: ReceivedNotification) => Promise<object>) {
  return fakeApi(async ({ body, query, headers }) => {
    const signing = Object.entries(headers).filter(([name]) => name.startsWith("paypal-"));
    const received = { body, query: Object.fromEntries(query), headers: Object.fromEntries(signing) };
    return { status: 200, body: await receive(received) };
  });
}

import type { OrdersController, PaymentsController, Client as SdkClient } from "@paypal/paypal-server-sdk";
import { paymentLimits } from "../domain/limits.ts";

export interface PaypalClientOptions {
  clientId: string;
  clientSecret: string;
  /** `https://api-m.sandbox.paypal.com` or a test server; PayPal itself unless given. */
  apiBase?: URL;
  timeoutMs?: number;
}

export interface PaypalClient {
  orders: OrdersController;
  payments: PaymentsController;
}

/** Loads PayPal's library only where it is used. It fetches its access token itself, and makes no repeated attempts. */
export async function openPaypal(options: PaypalClientOptions): Promise<PaypalClient> {
  const { Client, Environment, OrdersController, PaymentsController } = await import("@paypal/paypal-server-sdk");
  const { clientId, clientSecret, apiBase, timeoutMs = paymentLimits.PROVIDER_TIMEOUT_MS } = options;

  /** The library knows the addresses of PayPal only, so the address of each request is replaced. */
  class ClientOfBase extends Client {
    override getRequestBuilderFactory(): ReturnType<SdkClient["getRequestBuilderFactory"]> {
      const make = super.getRequestBuilderFactory();
      return (...args) => {
        const builder = make(...args);
        if (apiBase) builder.interceptRequest((request) => ({ ...request, url: withBase(request.url, apiBase) }));
        return builder;
      };
    }
  }
  const client = new ClientOfBase({
    environment: Environment.Production,
    timeout: timeoutMs,
    clientCredentialsAuthCredentials: { oAuthClientId: clientId, oAuthClientSecret: clientSecret },
  });
  return { orders: new OrdersController(client), payments: new PaymentsController(client) };
}

function withBase(url: string, base: URL): string {
  const { pathname, search } = new URL(url);
  return new URL(`${pathname}${search}`, base).href;
}

/** PayPal's refusal in an error of the library; undefined for any other error, which leaves the outcome unknown. */
export function refusalOf(error: unknown): { code: string; message: string } | undefined {
  const { statusCode, result } = error as { statusCode?: number; result?: Refusal };
  // A refused access token has a `result` of another shape: it says nothing about the request.
  if (!DEFINITE.has(statusCode ?? 0) || typeof result?.name !== "string") return undefined;
  const [detail] = result.details ?? [];
  return {
    code: detail?.issue ?? result.name,
    message: detail?.description ?? result.message ?? "PayPal has refused the request.",
  };
}

const DEFINITE = new Set([400, 404, 422]); // 409 means that PayPal works on an earlier request, 429 that it is busy

interface Refusal {
  name?: string;
  message?: string;
  details?: readonly { issue?: string; description?: string }[];
}

import { StartupError } from "#lib/startup-error.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { momoProvider } from "./momo.ts";
import { paypalProvider } from "./paypal.ts";
import type { PaymentProvider } from "./provider.ts";
import { vnpayProvider } from "./vnpay.ts";

type Env = SetupContext["env"];

/**
 * The configured providers to whose page the customer is sent: PayPal, VNPay and MoMo.
 * @throws StartupError that names the setting that is missing beside another one
 */
export async function redirectingProviders(env: Env): Promise<PaymentProvider[]> {
  const returnUrl = env.PAYMENT_RETURN_URL;
  const paypal = together(env, ["PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET"]);
  const vnpay = together(env, ["VNPAY_TERMINAL", "VNPAY_SECRET"]);
  const momo = together(env, ["MOMO_PARTNER_CODE", "MOMO_ACCESS_KEY", "MOMO_SECRET_KEY"]);
  const providers: PaymentProvider[] = [];
  if (paypal) {
    const [clientId, clientSecret] = paypal;
    const { PAYPAL_WEBHOOK_ID: webhookId } = env;
    providers.push(
      await paypalProvider({
        ...{ clientId, clientSecret, returnUrl, ...base(env.PAYPAL_API_BASE) },
        ...(webhookId ? { webhookId } : {}),
      }),
    );
  }
  if (vnpay) {
    const [terminal, secret] = vnpay;
    providers.push(await vnpayProvider({ terminal, secret, returnUrl, ...base(env.VNPAY_API_BASE) }));
  }
  if (momo) {
    const [partnerCode, accessKey, secretKey] = momo;
    const notifyUrl = new URL("/api/v1/webhooks/momo", env.PUBLIC_URL).href;
    providers.push(
      momoProvider({ partnerCode, accessKey, secretKey, returnUrl, notifyUrl, ...base(env.MOMO_API_BASE) }),
    );
  }
  return providers;
}

/** The values of settings that belong together; undefined when none of them is set. */
function together<const Names extends readonly (keyof Env)[]>(
  env: Env,
  names: Names,
): { [Name in keyof Names]: string } | undefined {
  const given = names.filter((name) => env[name]);
  if (given.length === 0) return undefined;
  const missing = names.find((name) => !env[name]);
  if (missing) throw new StartupError(`${missing}: must be set together with ${given.join(" and ")}`);
  return names.map((name) => env[name]) as unknown as { [Name in keyof Names]: string };
}

function base(url: string | undefined): { apiBase?: URL } {
  return url ? { apiBase: new URL(url) } : {};
}

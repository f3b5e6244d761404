import { createVerify, type KeyObject, X509Certificate } from "node:crypto";
import { crc32 } from "node:zlib";
import { BoundedMap } from "#lib/bounded-map.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { paymentLimits } from "../domain/limits.ts";
import { getText } from "./bounded-fetch.ts";
import { checkAge, readObject, refuseSignature } from "./notification-checks.ts";
import type { Notification, Notifications, ReceivedNotification } from "./provider.ts";

const CERTIFICATES = "/v1/notifications/certs/";

/**
 * PayPal's webhooks, checked without asking PayPal, as it documents:
 * https://developer.paypal.com/api/rest/webhooks/rest/#link-selfverificationmethod. Only the certificate is fetched, once,
 * and from PayPal only.
 */
export function paypalNotifications(options: { webhookId: string; apiBase?: URL | undefined }): Notifications {
  const certificates = new Certificates(options.apiBase);
  return {
    read: async (received, now) => {
      const { body, headers } = received;
      const event = readObject(body);
      checkAge(new Date(headers["paypal-transmission-time"] ?? ""), now);
      if (headers["paypal-auth-algo"] !== "SHA256withRSA") refuseSignature();
      const certificate = await certificates.get(headers["paypal-cert-url"] ?? "");
      if (now > new Date(certificate.validTo)) refuseSignature("The certificate has expired.");
      if (!isSigned(received, options.webhookId, certificate.publicKey)) refuseSignature();
      return notificationOf(event);
    },
  };
}

/** Whether a webhook carries the signature of the owner of a certificate, whose key this is. */
export function isSigned(
  { body, headers }: Pick<ReceivedNotification, "body" | "headers">,
  webhookId: string,
  key: KeyObject,
): boolean {
  const id = headers["paypal-transmission-id"] ?? "";
  const time = headers["paypal-transmission-time"] ?? "";
  const text = [id, time, webhookId, crc32(body)].join("|");
  const signature = headers["paypal-transmission-sig"] ?? "";
  return createVerify("RSA-SHA256").update(text).verify(key, signature, "base64");
}

/** The certificates that PayPal signs with, kept once they were fetched. */
class Certificates {
  readonly #kept = new BoundedMap<string, X509Certificate>(paymentLimits.PAYPAL_CERTIFICATES);
  readonly #apiBase: URL | undefined;

  constructor(apiBase: URL | undefined) {
    this.#apiBase = apiBase;
  }

  async get(address: string): Promise<X509Certificate> {
    const url = URL.parse(address);
    if (!url || !this.#isPaypal(url)) refuseSignature("The certificate is not PayPal's.");
    const kept = this.#kept.get(url.href);
    if (kept) return kept;
    const text = await getText(url, AbortSignal.timeout(paymentLimits.PROVIDER_TIMEOUT_MS));
    if (!text?.includes("BEGIN CERTIFICATE")) refuseSignature("There is no such certificate.");
    const certificate = new X509Certificate(text);
    if (!/^CN=.*\.paypal\.com$/m.test(certificate.subject)) refuseSignature("The certificate is not PayPal's.");
    this.#kept.set(url.href, certificate);
    return certificate;
  }

  #isPaypal({ origin, protocol, hostname, pathname }: URL): boolean {
    if (!pathname.startsWith(CERTIFICATES)) return false;
    return origin === this.#apiBase?.origin || (protocol === "https:" && /(^|\.)paypal\.com$/.test(hostname));
  }
}

/** The order that an event is about. PayPal names it in the resource itself, or beside it. */
function notificationOf(event: Record<string, unknown>): Notification {
  const { id, event_type: type, resource } = event as { id?: unknown; event_type?: unknown; resource?: Resource };
  if (typeof id !== "string" || typeof type !== "string") {
    throw new DomainError("VALIDATION_FAILED", "The notification has no id or no type.");
  }
  const reference = type.startsWith("CHECKOUT.ORDER.")
    ? resource?.id
    : resource?.supplementary_data?.related_ids?.order_id;
  const known = typeof reference === "string" && reference !== "";
  return { eventId: id, type, about: known ? { kind: "charge", reference } : { kind: "nothing" } };
}

interface Resource {
  id?: unknown;
  supplementary_data?: { related_ids?: { order_id?: unknown } };
}

import { createSign, randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { type ApiReply, type ApiRequest, fakeApi, Refused, replyOf } from "./fake-api.ts";
import { PAYPAL_TEST_CERTIFICATE, PAYPAL_TEST_KEY } from "./paypal-certificate.ts";

interface Money {
  currency_code: string;
  value: string;
}

interface Capture {
  id: string;
  status: string;
  amount: Money;
  invoice_id?: string;
  final_capture: boolean;
}

interface Refund {
  id: string;
  status: string;
  amount: Money;
  custom_id?: string;
  links: { rel: string; href: string; method: string }[];
}

interface Order {
  id: string;
  status: string;
  intent: string;
  create_time: string;
  purchase_units: {
    reference_id: string;
    custom_id: string;
    amount: Money;
    payments: { authorizations: Authorization[]; captures: Capture[]; refunds: Refund[] };
  }[];
  links: { rel: string; href: string; method: string }[];
}

interface Authorization {
  id: string;
  status: string;
  amount: Money;
  expiration_time: string;
}

const DAY_MS = 86_400_000;
const COMPLETED = "COMPLETED";

const refuse = (status: number, issue: string, name = "UNPROCESSABLE_ENTITY"): never => {
  throw new Refused(status, { name, message: "PayPal refuses.", details: [{ issue, description: `It is ${issue}.` }] });
};
const cents = ({ value }: Money) => Math.round(Number(value) * 100);
const sum = (all: readonly { amount: Money }[]) => all.reduce((total, { amount }) => total + cents(amount), 0);

/**
 * PayPal as far as the shop uses it: access tokens, orders with intent AUTHORIZE, authorisations, captures, refunds, and
 * webhooks signed with a certificate. A repeated `PayPal-Request-Id` gets the first answer.
 */
export async function paypalServer({ webhookId, notifyUrl }: { webhookId: string; notifyUrl?: string }) {
  const orders = new Map<string, Order>();
  const answers = new Map<string, ApiReply>();
  /** Issues that the next authorisations of orders are refused with. */
  const authorizationIssues: string[] = [];
  let tokensRefused = false;
  let ids = 0;
  const newId = (prefix: string) => `${prefix}${String(++ids).padStart(15, "0")}`;

  const paymentsOf = (order: Order) => {
    const [unit] = order.purchase_units;
    if (!unit) throw new Error(`${order.id} has no purchase unit.`);
    return unit.payments;
  };
  function find<Found>(pick: (order: Order) => Found | undefined): { order: Order; found: Found } {
    for (const order of orders.values()) {
      const found = pick(order);
      if (found !== undefined) return { order, found };
    }
    return refuse(404, "INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND");
  }

  function createOrder(body: { intent: string; purchase_units: { custom_id: string; amount: Money }[] }): ApiReply {
    const id = newId("ORDER");
    const [unit] = body.purchase_units;
    if (!unit || cents(unit.amount) <= 0) refuse(422, "CANNOT_BE_ZERO_OR_NEGATIVE");
    const payments = { authorizations: [], captures: [], refunds: [] };
    orders.set(id, {
      id,
      status: "PAYER_ACTION_REQUIRED",
      intent: body.intent,
      create_time: new Date().toISOString(),
      purchase_units: [{ reference_id: "default", ...(unit as { custom_id: string; amount: Money }), payments }],
      links: [{ rel: "payer-action", href: `https://www.paypal.invalid/checkoutnow?token=${id}`, method: "GET" }],
    });
    return { status: 200, body: orders.get(id) as Order };
  }

  function authorizeOrder(order: Order): ApiReply {
    const issue = authorizationIssues.shift();
    if (issue !== undefined) refuse(422, issue);
    if (order.status !== "APPROVED") refuse(422, "ORDER_NOT_APPROVED");
    const amount = order.purchase_units[0]?.amount as Money;
    const expiration_time = new Date(Date.now() + 29 * DAY_MS).toISOString();
    paymentsOf(order).authorizations.push({ id: newId("AUTH"), status: "CREATED", amount, expiration_time });
    order.status = COMPLETED;
    return { status: 201, body: order };
  }

  function capture(id: string, body: { amount: Money; invoice_id: string; final_capture: boolean }): ApiReply {
    const { order, found: held } = find((one) => paymentsOf(one).authorizations.find((held) => held.id === id));
    const { captures } = paymentsOf(order);
    if (held.status === "VOIDED") refuse(422, "AUTHORIZATION_VOIDED");
    if (held.status === "CAPTURED" || sum(captures) + cents(body.amount) > cents(held.amount)) {
      refuse(422, "MAX_CAPTURE_AMOUNT_EXCEEDED");
    }
    const made = { id: newId("CAPT"), status: COMPLETED, ...body };
    captures.push(made);
    held.status = body.final_capture ? "CAPTURED" : "PARTIALLY_CAPTURED";
    return { status: 201, body: made };
  }

  function voidAuthorization(id: string): ApiReply {
    const { found: held } = find((one) => paymentsOf(one).authorizations.find((held) => held.id === id));
    if (held.status === "VOIDED") refuse(422, "PREVIOUSLY_VOIDED");
    if (held.status === "CAPTURED") refuse(422, "PREVIOUSLY_CAPTURED");
    held.status = "VOIDED";
    return { status: 204, body: null };
  }

  function refund(id: string, body: { amount: Money; custom_id: string }): ApiReply {
    const { order, found: taken } = find((one) => paymentsOf(one).captures.find((made) => made.id === id));
    const { refunds } = paymentsOf(order);
    const href = `https://api-m.paypal.com/v2/payments/captures/${id}`;
    const before = refunds.filter(({ links }) => links[0]?.href === href);
    if (sum(before) + cents(body.amount) > cents(taken.amount)) refuse(422, "REFUND_AMOUNT_EXCEEDED");
    const made = { id: newId("REF"), status: COMPLETED, ...body, links: [{ rel: "up", href, method: "GET" }] };
    refunds.push(made);
    taken.status = sum(before) + cents(body.amount) === cents(taken.amount) ? "REFUNDED" : "PARTIALLY_REFUNDED";
    return { status: 201, body: made };
  }

  function route({ method, path, body, headers }: ApiRequest): ApiReply {
    if (path === "/v1/notifications/certs/CERT-1") return { status: 200, body: PAYPAL_TEST_CERTIFICATE };
    if (path === "/v1/oauth2/token" && tokensRefused) {
      return { status: 400, body: { error: "invalid_client", error_description: "Client Authentication failed" } };
    }
    if (path === "/v1/oauth2/token") {
      return { status: 200, body: { access_token: "token", token_type: "Bearer", expires_in: 32_400 } };
    }
    if (headers.authorization !== "Bearer token") refuse(401, "INVALID_TOKEN", "AUTHENTICATION_FAILURE");
    const asked = (body ? JSON.parse(body) : {}) as never;
    const [, , , kind, id = "", verb] = path.split("/");
    if (method === "POST" && kind === "orders" && id === "") return createOrder(asked);
    if (kind === "orders") {
      const { found: order } = find((one) => (one.id === id ? one : undefined));
      return verb === "authorize" ? authorizeOrder(order) : { status: 200, body: order };
    }
    if (verb === "capture") return capture(id, asked);
    return verb === "void" ? voidAuthorization(id) : refund(id, asked);
  }

  const api = await fakeApi((request) =>
    replyOf(() => {
      const key = request.headers["paypal-request-id"];
      const before = key === undefined ? undefined : answers.get(key);
      if (before) return before;
      const reply = route(request);
      // The answer as it is now: later requests change the objects in it.
      if (key !== undefined) answers.set(key, structuredClone(reply));
      return reply;
    }),
  );

  /** A webhook about an order, as it is sent. */
  function webhook(orderId: string, type = "CHECKOUT.ORDER.APPROVED") {
    const resource = type.startsWith("CHECKOUT.")
      ? { id: orderId }
      : { id: "CAPT1", supplementary_data: { related_ids: { order_id: orderId } } };
    const body = JSON.stringify({ id: `WH-${randomUUID()}`, event_type: type, resource });
    const [id, time] = [randomUUID(), new Date().toISOString()];
    const signed = createSign("RSA-SHA256").update([id, time, webhookId, crc32(body)].join("|"));
    const headers: Record<string, string> = {
      "paypal-transmission-id": id,
      "paypal-transmission-time": time,
      "paypal-transmission-sig": signed.sign(PAYPAL_TEST_KEY, "base64"),
      "paypal-cert-url": new URL("/v1/notifications/certs/CERT-1", api.url).href,
      "paypal-auth-algo": "SHA256withRSA",
    };
    return { body, headers };
  }

  return {
    ...api,
    orders,
    authorizationIssues,
    refuseTokens: () => {
      tokensRefused = true;
    },
    paymentsOf,
    /** The customer agrees on PayPal's page. */
    approve: (orderId: string) => Object.assign(orders.get(orderId) as Order, { status: "APPROVED" }),
    webhook,
    /** Sends a webhook to the shop. @returns the shop's answer */
    notify: ({ body, headers }: ReturnType<typeof webhook>): Promise<Response> =>
      fetch(notifyUrl ?? "", { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body }),
  };
}

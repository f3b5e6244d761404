import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

interface Intent {
  id: string;
  object: "payment_intent";
  status: string;
  amount: number;
  amount_capturable: number;
  amount_received: number;
  currency: string;
  created: number;
  metadata: Record<string, string>;
  latest_charge: object | null;
  next_action: object | null;
  last_payment_error: object | null;
}

interface Refund {
  id: string;
  object: "refund";
  status: string;
  amount: number;
  payment_intent: string;
  metadata: Record<string, string>;
}

interface Reply {
  status: number;
  body: object;
}

/**
 * How the next request goes wrong: nothing is done, everything is done and the answer is lost or never comes, or a failure
 * is stored under its key, with nothing or everything done.
 */
export type StripeFault = "serverError" | "loseAnswer" | "silence" | "keptError" | "doneAndKeptError";

const LISTED = 2;
const CARDS: Record<string, string> = { pm_card_visa: "4242", pm_card_mastercard: "4444" };

/** The part of Stripe's API that payments uses: form bodies in, JSON out, answers stored by idempotency key. */
export async function stripeMock() {
  const intents = new Map<string, Intent>();
  const refunds: Refund[] = [];
  const kept = new Map<string, Reply>();
  const requests: { method: string; path: string; key: string | undefined; form: Record<string, string> }[] = [];
  const faults: StripeFault[] = [];
  let searchable = true;

  function route(method: string, path: string, query: URLSearchParams, form: Record<string, string>): Reply {
    const [, , collection, id, verb] = path.split("/");
    if (collection === "payment_intents" && id === "search") {
      const key = /"(op_\w+)"$/.exec(query.get("query") ?? "")?.[1];
      const data = searchable ? [...intents.values()].filter(({ metadata }) => metadata.operation === key) : [];
      return ok({ object: "search_result", data, has_more: false, url: path });
    }
    if (collection === "payment_intents" && method === "GET" && id === undefined) return list(query);
    if (collection === "payment_intents" && id === undefined) return create(form);
    if (collection === "refunds" && method === "GET") {
      const data = refunds.filter((refund) => refund.payment_intent === query.get("payment_intent"));
      return ok({ object: "list", data, has_more: false, url: path });
    }
    if (collection === "refunds") return refund(form);
    const intent = intents.get(id ?? "");
    if (collection !== "payment_intents" || !intent) return invalidField("resource_missing", "No such thing.");
    if (verb === undefined) return ok(intent);
    return verb === "capture" ? capture(intent, form) : cancel(intent);
  }

  /** The newest first, two on a page. */
  function list(query: URLSearchParams): Reply {
    const [gte, lte] = [Number(query.get("created[gte]")), Number(query.get("created[lte]"))];
    const all = [...intents.values()].reverse().filter(({ created }) => created >= gte && created <= lte);
    const from = all.findIndex(({ id }) => id === query.get("starting_after")) + 1;
    const data = all.slice(from, from + LISTED);
    return ok({ object: "list", data, has_more: from + LISTED < all.length, url: "/v1/payment_intents" });
  }

  function create(form: Record<string, string>): Reply {
    const method = form.payment_method ?? "";
    const last4 = CARDS[method];
    const amount = Number(form.amount);
    const intent: Intent = {
      id: `pi_${intents.size + 1}`,
      object: "payment_intent",
      status: last4 ? "requires_capture" : "requires_payment_method",
      amount,
      amount_capturable: last4 ? amount : 0,
      amount_received: 0,
      currency: form.currency ?? "",
      created: Math.floor(Date.now() / 1_000),
      metadata: metadataOf(form),
      latest_charge: last4 ? { payment_method_details: { card: { last4, capture_before: 1_800_600_000 } } } : null,
      next_action: null,
      last_payment_error: null,
    };
    if (method === "pm_card_authenticationRequired") {
      intent.status = "requires_action";
      intent.next_action = { type: "redirect_to_url", redirect_to_url: { url: "https://hooks.stripe.invalid/3ds" } };
    } else if (!last4 && !method.startsWith("pm_card_")) {
      return invalidField("resource_missing", `No such PaymentMethod: '${method}'`);
    }
    intents.set(intent.id, intent);
    if (intent.status !== "requires_payment_method") return ok(intent);
    const decline_code = method === "pm_card_chargeDeclined" ? "generic_decline" : "insufficient_funds";
    const error = { type: "card_error", code: "card_declined", decline_code, message: "Your card was declined." };
    intent.last_payment_error = error;
    return { status: 402, body: { error: { ...error, payment_intent: intent } } };
  }

  function capture(intent: Intent, form: Record<string, string>): Reply {
    if (intent.status !== "requires_capture") return unexpected(intent);
    intent.amount_received = Number(form.amount_to_capture);
    Object.assign(intent, { status: "succeeded", amount_capturable: 0 }); // like Stripe, it releases the rest
    Object.assign(intent.metadata, metadataOf(form));
    return ok(intent);
  }

  function cancel(intent: Intent): Reply {
    if (intent.status === "succeeded" || intent.status === "canceled") return unexpected(intent);
    Object.assign(intent, { status: "canceled", amount_capturable: 0 });
    return ok(intent);
  }

  function refund(form: Record<string, string>): Reply {
    const intent = intents.get(form.payment_intent ?? "");
    const before = refunds.filter((r) => r.payment_intent === intent?.id).reduce((sum, r) => sum + r.amount, 0);
    const amount = Number(form.amount);
    if (!intent || before + amount > intent.amount_received)
      return invalidField("charge_already_refunded", "Too much.");
    const made: Refund = {
      id: `re_stripe_${refunds.length + 1}`,
      object: "refund",
      status: "succeeded",
      amount,
      payment_intent: intent.id,
      metadata: metadataOf(form),
    };
    refunds.push(made);
    return ok(made);
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://stripe");
    const form = Object.fromEntries(new URLSearchParams(await bodyOf(request)));
    const key = request.headers["idempotency-key"]?.toString();
    const method = request.method ?? "";
    requests.push({ method, path: pathname, key, form });
    const fault = method === "POST" ? faults.shift() : undefined;
    if (fault === "silence") return;
    const failed = { status: 500, body: { error: { type: "api_error", message: "Something is wrong." } } };
    const before = key === undefined ? undefined : kept.get(key);
    const nothing = fault === "serverError" || fault === "keptError";
    const done = before ?? (nothing ? failed : route(method, pathname, searchParams, form));
    const reply = fault === "doneAndKeptError" ? failed : done;
    // Stripe stores the answers of requests that it has begun, as copies: later changes are not in them.
    if (key && fault !== "serverError") kept.set(key, structuredClone(reply));
    if (fault === "loseAnswer") return void request.socket.destroy();
    response.writeHead(reply.status, {
      "content-type": "application/json",
      ...(before ? { "idempotent-replayed": "true" } : {}),
    });
    response.end(JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    intents,
    refunds,
    requests,
    /** The faults of the next POSTs, in turn. */
    faults,
    /** Whether searches find new intents. */
    setSearchable: (whether: boolean) => {
      searchable = whether;
    },
    /** The customer confirms the payment at their bank. */
    authenticate: (intent: Intent) =>
      Object.assign(intent, {
        status: "requires_capture",
        amount_capturable: intent.amount,
        latest_charge: { payment_method_details: { card: { last4: "3184", capture_before: 1_800_600_000 } } },
      }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function ok(body: object): Reply {
  return { status: 200, body };
}

function invalidField(code: string, message: string): Reply {
  return { status: 400, body: { error: { type: "invalid_request_error", code, message } } };
}

function unexpected(intent: Intent): Reply {
  const error = {
    type: "invalid_request_error",
    code: "payment_intent_unexpected_state",
    message: `It is ${intent.status}.`,
  };
  return { status: 400, body: { error: { ...error, payment_intent: intent } } };
}

function metadataOf(form: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(form).flatMap(([name, value]) => {
      const key = /^metadata\[(\w+)\]$/.exec(name)?.[1];
      return key ? [[key, value]] : [];
    }),
  );
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

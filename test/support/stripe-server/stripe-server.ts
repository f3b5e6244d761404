import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault } from "#services/commerce/payments/providers/test-provider.ts";
import { Account } from "./account.ts";
import { controlsOf } from "./controls.ts";
import { type FailureBody, StripeFailure } from "./failure.ts";
import { type Form, parseForm } from "./form.ts";
import { type Behaviour, route } from "./routes.ts";
import { Store } from "./store.ts";
import { type Endpoint, Webhooks } from "./webhooks.ts";

/** How the next request goes wrong: as at the test provider. */
export type StripeFault = Fault;

/** A request as it came. */
export interface AskedRequest {
  method: string;
  path: string;
  key: string | undefined;
  form: Form;
}

export interface StripeServerOptions {
  /** Keeps everything. That of an earlier server goes on with its state. */
  file: string;
  /** The same as before, after a restart; any free one unless given. */
  port?: number;
  /** Where events go to; nowhere unless given. */
  webhooks?: Endpoint;
  now?: () => Date;
  /** The longest page of a list of intents; 100 unless given. */
  maxPage?: number;
}

interface Reply {
  status: number;
  body: string;
  replayed?: boolean;
}

const BROKEN: FailureBody = { type: "api_error", message: "Something is wrong." };

/**
 * A server with the part of Stripe's API that payments uses, for Stripe's own library: form bodies in, JSON out, answers
 * stored by idempotency key, and signed webhooks. Everything is in a file, so a new server with the same file goes on.
 */
export async function stripeServer({
  file,
  port = 0,
  webhooks: endpoint,
  now = () => new Date(),
  maxPage = 100,
}: StripeServerOptions) {
  const store = new Store(file);
  const account = new Account(store, now);
  const webhooks = new Webhooks(store, endpoint, now);
  const behaviour: Behaviour = { maxPage, isIndexed: true };
  const requests: AskedRequest[] = [];
  const faults: { next: (request: AskedRequest) => StripeFault | undefined } = { next: () => undefined };

  function perform({ method, path, key, form }: AskedRequest): Reply {
    const request = `${method} ${path} ${JSON.stringify(form)}`;
    const before = key === undefined ? undefined : store.answer(key);
    if (before && before.request !== request) {
      const message =
        "Keys for idempotent requests can only be used with the same parameters they were first used with.";
      return failed(400, { type: "idempotency_error", message });
    }
    if (before) return { ...before, replayed: true };
    try {
      const reply = { status: 200, body: JSON.stringify(route(account, method, path, form, behaviour)) };
      if (key !== undefined) store.keepAnswer(key, { request, ...reply });
      return reply;
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error;
      const reply = failed(error.status, error.body);
      if (key !== undefined && error.isKept) store.keepAnswer(key, { request, ...reply });
      return reply;
    }
  }

  /** Keys of answers that were lost once. Stripe's library asks again by itself when a connection breaks, once. */
  const losing = new Set<string>();

  /** @returns undefined when the answer never comes */
  function serve(request: AskedRequest, decided: StripeFault | undefined): Reply | "lost" | undefined {
    const fault = losing.delete(request.key ?? "") ? "loseAnswer" : decided;
    if (fault === "loseAnswer" && fault === decided && request.key) losing.add(request.key);
    const isKnown = request.key !== undefined && store.answer(request.key) !== undefined;
    const { method, path, key, form } = request;
    const keepFailure = () => {
      if (key === undefined) return;
      const asked = `${method} ${path} ${JSON.stringify(form)}`;
      store.keepAnswer(key, { request: asked, ...failed(500, BROKEN) });
    };
    if (fault === "hang") return undefined;
    if (fault === "keepFailure" && !isKnown) keepFailure();
    if (fault === "fail" || fault === "keepFailure") return failed(500, BROKEN);
    const reply = store.transaction(() => {
      const done = perform(request);
      if (fault === "doAndKeepFailure" && !isKnown) keepFailure();
      return done;
    });
    webhooks.nudge();
    if (fault === "doAndKeepFailure") return failed(500, BROKEN);
    if (fault === "loseAnswer") return "lost";
    return fault === "doAndHang" ? undefined : reply;
  }

  const server = createServer(async (incoming, response) => {
    const request = await read(incoming);
    requests.push(request);
    const isAllowed = /^Bearer sk_\w+$/.test(incoming.headers.authorization ?? "");
    const reply = isAllowed
      ? serve(request, faults.next(request))
      : failed(401, { type: "invalid_request_error", message: "You did not provide an API key." });
    if (reply === "lost") incoming.socket.destroy();
    else if (reply) send(response, reply);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  webhooks.nudge();
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    /** Everything that was asked of this server object, in order. */
    requests,
    /** Decides for every request whether it goes wrong. */
    faults,
    /** Whether searches find intents. */
    setSearchable: (whether: boolean) => {
      behaviour.isIndexed = whether;
    },
    holdWebhooks: () => webhooks.hold(),
    releaseWebhooks: (how?: { reversed?: boolean; copies?: number }) => webhooks.release(how),
    ...controlsOf(account, webhooks),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await webhooks.close();
      store.close();
    },
  };
}

export type StripeServer = Awaited<ReturnType<typeof stripeServer>>;

function failed(status: number, error: FailureBody): Reply {
  return { status, body: JSON.stringify({ error }) };
}

async function read(incoming: IncomingMessage): Promise<AskedRequest> {
  const { pathname, searchParams } = new URL(incoming.url ?? "", "http://stripe");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = new URLSearchParams(Buffer.concat(chunks).toString());
  return {
    method: incoming.method ?? "",
    path: pathname,
    key: incoming.headers["idempotency-key"]?.toString(),
    form: parseForm([...searchParams, ...body]),
  };
}

function send(response: ServerResponse, { status, body, replayed }: Reply): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(replayed ? { "idempotent-replayed": "true" } : {}),
  });
  response.end(body);
}

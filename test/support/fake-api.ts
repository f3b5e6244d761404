import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

export interface ApiReply {
  status: number;
  /** Sent as JSON, a text as it is; null: nothing. */
  body: object | string | null;
}

/** How a request goes wrong: nothing is done; everything is done and the answer is lost; no answer ever comes. */
export type ApiFault = "fail" | "loseAnswer" | "silence";

/** An HTTP server with the given behaviour, and with faults that a test plans. */
export async function fakeApi(handle: (request: ApiRequest) => ApiReply | Promise<ApiReply>) {
  const requests: ApiRequest[] = [];
  const planned: { fault: ApiFault; meets: (request: ApiRequest) => boolean }[] = [];

  function faultOf(request: ApiRequest): ApiFault | undefined {
    const at = planned.findIndex(({ meets }) => meets(request));
    return at < 0 ? undefined : planned.splice(at, 1)[0]?.fault;
  }

  const server = createServer(async (message, response) => {
    const request = await readRequest(message);
    requests.push(request);
    const fault = faultOf(request);
    if (fault === "silence") return;
    const { status, body } = fault === "fail" ? { status: 500, body: {} } : await handle(request);
    if (fault === "loseAnswer") return message.socket.destroy();
    const text = body === null ? "" : typeof body === "string" ? body : JSON.stringify(body);
    response.writeHead(status, typeof body === "object" ? { "Content-Type": "application/json" } : {}).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    requests,
    /** The next of these requests goes wrong. */
    plan: (fault: ApiFault, meets: (request: ApiRequest) => boolean) => planned.push({ fault, meets }),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readRequest(message: IncomingMessage): Promise<ApiRequest> {
  const { pathname: path, searchParams: query } = new URL(message.url ?? "", "http://server");
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, value?.toString()]));
  return { method: message.method ?? "", path, query, headers, body: Buffer.concat(chunks).toString("utf8") };
}

/** What a fake API has to do in order to answer: a refusal, thrown where it is found. */
export class Refused extends Error {
  readonly reply: ApiReply;

  constructor(status: number, body: object) {
    super(`refused with ${status}`);
    this.reply = { status, body };
  }
}

/** The reply, or the refusal that was thrown instead of it. */
export async function replyOf(act: () => ApiReply | Promise<ApiReply>): Promise<ApiReply> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Refused) return error.reply;
    throw error;
  }
}

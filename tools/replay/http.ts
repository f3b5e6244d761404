import { Agent, type IncomingHttpHeaders, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as TlsAgent } from "node:https";

/** Longest an answer may take, in milliseconds: the shop itself waits up to 10 s for an order to settle. */
const ANSWER_MS = 30_000;

export interface HttpRequest {
  method: "GET" | "POST" | "PUT";
  /** Path and query, beginning with a slash. */
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON; text is taken for JSON already, unless the headers say what it is. */
  body?: unknown;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
}

/**
 * A keep-alive HTTP client without opinions: one attempt a call, every status is an answer.
 * It stands on `node:http`, which takes about half the CPU of `fetch`, and here the client shares the shop's cores.
 */
export class HttpClient {
  readonly #base: URL;
  readonly #agent: Agent;

  /** `connections` is the most that are open at once; further requests wait for one. */
  constructor(baseUrl: string, connections: number) {
    this.#base = new URL(baseUrl);
    const options = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections, noDelay: true };
    this.#agent = this.#base.protocol === "https:" ? new TlsAgent(options) : new Agent(options);
  }

  /** @throws Error with a system code (`ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, …) when there is no answer */
  send({ method, path, headers = {}, body }: HttpRequest): Promise<HttpAnswer> {
    const json = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const payload = json === undefined ? undefined : Buffer.from(json);
    const options: RequestOptions = {
      agent: this.#agent,
      host: this.#base.hostname.replace(/^\[|\]$/g, ""),
      port: this.#base.port,
      method,
      path: this.#base.pathname.replace(/\/+$/, "") + path,
      timeout: ANSWER_MS,
      headers: {
        ...(payload && { "content-type": "application/json", "content-length": payload.length }),
        ...headers,
      },
    };
    const open = this.#base.protocol === "https:" ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const request = open(options, (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => {
          const bytes = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString() });
        });
      });
      request.on("error", reject);
      request.on("timeout", () => {
        request.destroy(Object.assign(new Error(`no answer within ${ANSWER_MS} ms`), { code: "ETIMEDOUT" }));
      });
      request.end(payload);
    });
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }
}

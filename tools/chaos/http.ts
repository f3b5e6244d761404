import { Agent, request as requestHttp } from "node:http";

const CONNECTIONS = 256; // per gateway

export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query below `/api/v1`, or anything that begins with `//` for a path as it stands. */
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  token?: string | undefined;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // The shape of the body depends on the request.
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows which shape its request is answered with
  body: any;
  ms: number;
}

/** An HTTP client of one gateway. Every status is an answer; no answer is an error with a system code. */
export class Gateway {
  readonly name: string;
  readonly port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  constructor(name: string, port: number) {
    this.name = name;
    this.port = port;
  }

  send({ method, path, headers = {}, body, token }: Request, timeoutMs: number): Promise<Answer> {
    const payload =
      body === undefined || Buffer.isBuffer(body)
        ? body
        : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const request = requestHttp(
        {
          agent: this.#agent,
          host: "127.0.0.1",
          port: this.port,
          method,
          path: path.startsWith("//") ? path.slice(1) : `/api/v1${path}`,
          headers: {
            ...(payload ? { "content-type": "application/json", "content-length": payload.length } : {}),
            ...(token ? { authorization: `Bearer ${token}` } : {}),
            ...headers,
          },
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("error", reject);
          response.on("end", () => {
            clearTimeout(timer);
            const text = Buffer.concat(pieces).toString();
            const json = String(response.headers["content-type"]).includes("json");
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: json && text ? JSON.parse(text) : text,
              ms: performance.now() - began,
            });
          });
        },
      );
      const timer = setTimeout(
        () => request.destroy(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" })),
        timeoutMs,
      );
      request.on("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      request.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const SIGN_IN_MS = 10_000;

export interface Outcome {
  status: string;
  rows: number;
  done: number;
  failed: number;
  problem?: string;
  errors: { row: number; message: string }[];
}

/** An answer that was not expected. */
export class ShopError extends Error {
  readonly status: number;

  constructor(status: number, what: string, body: string) {
    super(`${what} answered ${status}: ${body.slice(0, 1_000)}`);
    this.status = status;
  }
}

/** The parts of the shop's REST interface that an import needs. */
export class Shop {
  readonly #base: string;
  readonly #token: string;

  private constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  static async signIn(url: string, email: string, password: string): Promise<Shop> {
    const base = `${url}/api/v1`;
    const answer = await fetch(`${base}/auth/staff/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
      signal: AbortSignal.timeout(SIGN_IN_MS),
    });
    const { accessToken } = (await read(answer, "The sign-in")) as { accessToken: string };
    return new Shop(base, accessToken);
  }

  /** Adds something; what is there already stays as it is. */
  async add(path: string, body: object): Promise<void> {
    const answer = await this.#send(path, { method: "POST", type: "application/json", body: JSON.stringify(body) });
    if (answer.status !== 409) await read(answer, `POST ${path}`);
    else await answer.body?.cancel();
  }

  /** Sends a file as it arises. @returns the id of its import */
  async upload(file: AsyncIterable<Uint8Array>, query: Record<string, string | undefined>): Promise<string> {
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const path = `/imports/products?${new URLSearchParams(given)}`;
    const body = ReadableStream.from(file);
    const answer = await this.#send(path, { method: "POST", type: "text/csv", body });
    return ((await read(answer, "The upload")) as { importId: string }).importId;
  }

  /** Follows an import to its end. */
  async follow(importId: string, onStep: (step: { percent: number; rows: number }) => void): Promise<Outcome> {
    for (;;) {
      const answer = await this.#send(`/imports/${importId}/stream`, { method: "GET" });
      if (!answer.ok) await read(answer, "The stream");
      for await (const data of eventsOf(answer)) onStep(JSON.parse(data));
      const outcome = await this.get<Outcome>(`/imports/${importId}`);
      if (outcome.status === "finished" || outcome.status === "failed") return outcome;
    }
  }

  async get<T>(path: string): Promise<T> {
    return (await read(await this.#send(path, { method: "GET" }), `GET ${path}`)) as T;
  }

  #send(
    path: string,
    { method, type, body }: { method: string; type?: string; body?: string | ReadableStream<Uint8Array> },
  ): Promise<Response> {
    return fetch(`${this.#base}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(type && { "content-type": type }) },
      ...(body && { body, duplex: "half" }),
    } as RequestInit);
  }
}

/** @throws ShopError */
async function read(answer: Response, what: string): Promise<unknown> {
  const text = await answer.text();
  if (!answer.ok) throw new ShopError(answer.status, what, text);
  return JSON.parse(text);
}

/** The data of server-sent events. */
async function* eventsOf(answer: Response): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data: ")) yield line.slice("data: ".length);
  }
}

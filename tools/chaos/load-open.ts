// node tools/chaos/load-open.ts --url http://127.0.0.1:3000 --rate 2000 --seconds 20 [--connections 500] [--tokens A,B]
// Places orders at a fixed rate, whether or not the shop keeps up (open-loop load), and prints how they were answered.
// The rate limit counts each customer: at high rates give the access tokens of so many customers that none exceeds it.
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { demoAccounts, demoProducts, demoWarehouses } from "#config/demo.ts";
import { percentile } from "#tools/replay/percentiles.ts";

const GOOD_MS = 2_000; // a later answer is useless to a client
const PROMPT_MS = 100; // a refusal
const GIVE_UP_MS = 10_000;
const TICK_MS = 5;
const STOCK = 1_000_000;

export interface OpenLoad {
  url: string;
  /** Requests per second. */
  rate: number;
  seconds: number;
  connections: number;
  /** The requests as they go over the wire, sent in turn. */
  requests: readonly Buffer[];
}

export interface OpenReport {
  sent: number;
  /** 2xx within two seconds, per second. */
  goodput: number;
  byStatus: Record<string, number>;
  acceptedMs: Percentiles;
  refusedMs: Percentiles;
  /** 429 and 503 that came later than 100 ms, and those without `Retry-After`. */
  refusedLate: number;
  refusedWithoutRetryAfter: number;
  /** Of the generator itself, which shares the machine's cores with the shop. */
  cpuSeconds: number;
}

interface Percentiles {
  p50: number;
  p85: number;
  p95: number;
  p99: number;
  max: number;
}

interface Answer {
  status: string;
  ms: number;
  retryAfter: boolean;
}

/** Sends `rate` requests a second for `seconds`; a time counts from the moment the request was due. */
export async function loadOpen(load: OpenLoad): Promise<OpenReport> {
  const { hostname, port } = new URL(load.url);
  const due: number[] = [];
  const answers: Answer[] = [];
  const lanes = Array.from({ length: load.connections }, (_, at) => {
    const request = load.requests[at % load.requests.length];
    if (!request) throw new Error("There is no request to send.");
    return new Lane(hostname, Number(port), request, answers);
  });
  const idle = [...lanes];
  const next = () => {
    while (due.length > 0 && idle.length > 0) (idle.pop() as Lane).send(due.shift() as number, back);
  };
  const back = (lane: Lane) => {
    idle.push(lane);
    next();
  };
  await Promise.all(lanes.map((lane) => lane.open())); // connecting is not part of the measurement
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const total = Math.round(load.rate * load.seconds);
  for (let sent = 0; sent < total; ) {
    const now = performance.now();
    for (; sent < total && began + (sent / load.rate) * 1_000 <= now; sent++)
      due.push(began + (sent / load.rate) * 1_000);
    next();
    await sleep(TICK_MS);
  }
  const end = performance.now() + GIVE_UP_MS;
  while (answers.length < total && performance.now() < end) await sleep(TICK_MS);
  for (const lane of lanes) lane.close();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ...report(answers, total, load.seconds), cpuSeconds: (user + system) / 1_000_000 };
}

/** One connection: one request after the other. */
class Lane {
  readonly #host: string;
  readonly #port: number;
  readonly #request: Buffer;
  readonly #answers: Answer[];
  #socket: Socket | undefined;
  #current: { due: number; back: (lane: Lane) => void } | undefined;
  #text = "";

  constructor(host: string, port: number, request: Buffer, answers: Answer[]) {
    this.#host = host;
    this.#port = port;
    this.#request = request;
    this.#answers = answers;
  }

  async open(): Promise<void> {
    this.#socket = this.#connect();
    await once(this.#socket, "connect");
  }

  send(due: number, back: (lane: Lane) => void): void {
    this.#current = { due, back };
    this.#text = "";
    this.#socket ??= this.#connect();
    this.#socket.setTimeout(GIVE_UP_MS);
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#current = undefined;
    this.#socket?.destroy();
  }

  #connect(): Socket {
    const socket = createConnection(this.#port, this.#host).setNoDelay(true).setEncoding("latin1");
    const gone = (why: string) => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      socket.destroy();
      this.#done(why, false);
    };
    socket.on("data", (text) => this.#read(String(text)));
    socket.on("timeout", () => gone("no answer"));
    socket.on("error", (error: NodeJS.ErrnoException) => gone(error.code ?? "error"));
    socket.on("close", () => gone("closed"));
    return socket;
  }

  #read(text: string): void {
    this.#text += text;
    const head = this.#text.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#text)?.[1] ?? 0);
    if (this.#text.length < head + 4 + length) return;
    if (/\r\nconnection: close/i.test(this.#text)) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    this.#done(this.#text.slice(9, 12), /\r\nretry-after: /i.test(this.#text));
  }

  #done(status: string, retryAfter: boolean): void {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return;
    this.#answers.push({ status, ms: performance.now() - current.due, retryAfter });
    current.back(this);
  }
}

function report(answers: readonly Answer[], sent: number, seconds: number): Omit<OpenReport, "cpuSeconds"> {
  const byStatus: Record<string, number> = {};
  for (const { status } of answers) byStatus[status] = (byStatus[status] ?? 0) + 1;
  if (answers.length < sent) byStatus.unanswered = sent - answers.length;
  const accepted = answers.filter(({ status }) => status.startsWith("2"));
  const refused = answers.filter(({ status }) => status === "429" || status === "503");
  return {
    sent,
    goodput: Math.round(accepted.filter(({ ms }) => ms <= GOOD_MS).length / seconds),
    byStatus,
    acceptedMs: percentiles(accepted),
    refusedMs: percentiles(refused),
    refusedLate: refused.filter(({ ms }) => ms > PROMPT_MS).length,
    refusedWithoutRetryAfter: refused.filter(({ retryAfter }) => !retryAfter).length,
  };
}

function percentiles(answers: readonly Answer[]): Percentiles {
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (percent: number) => Math.round(percentile(sorted, percent));
  return { p50: at(50), p85: at(85), p95: at(95), p99: at(99), max: Math.round(sorted.at(-1) ?? 0) };
}

/**
 * One order of each customer, of goods of which there is enough.
 * @param tokens access tokens of the customers; of the demo customer unless given
 * @throws Error when the shop has no demo data
 */
export async function demoOrders(url: string, tokens: readonly string[] = []): Promise<Buffer[]> {
  const product = demoProducts[0];
  const variant = product?.variants[0];
  if (!product || !variant) throw new Error("There is no demo product.");
  const staff = await login(url, "/auth/staff/login", demoAccounts.staff);
  await post(
    url,
    `/inventory/${variant.sku}/adjustments`,
    { warehouseId: demoWarehouses[0].warehouseId, delta: STOCK, reason: "load" },
    staff,
  );
  const customers = tokens.length > 0 ? tokens : [await login(url, "/auth/login", demoAccounts.customer)];
  const items = [{ productId: product.productId, sku: variant.sku, quantity: 1, price: variant.price }];
  return customers.map((token) => orderRequest(url, token, items));
}

function orderRequest(url: string, token: string, items: readonly object[]): Buffer {
  const { sub } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { sub: string };
  const body = JSON.stringify({
    customerId: sub,
    items,
    shippingAddress: demoAccounts.customer.address,
    paymentMethodId: "pm_card_visa",
  });
  const head = [
    "POST /api/v1/orders HTTP/1.1",
    `Host: ${new URL(url).host}`,
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

async function login(url: string, path: string, { email, password }: { email: string; password: string }) {
  const { accessToken } = await post(url, path, { email, password });
  return String(accessToken);
}

async function post(url: string, path: string, body: object, token?: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://127.0.0.1:3000" },
      rate: { type: "string", default: "2000" },
      seconds: { type: "string", default: "20" },
      connections: { type: "string", default: "500" },
      tokens: { type: "string" },
    },
  });
  const { url } = values;
  const requests = await demoOrders(url, values.tokens?.split(","));
  const load = {
    url,
    rate: Number(values.rate),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
  };
  process.stdout.write(`${JSON.stringify(await loadOpen({ ...load, requests }), undefined, 2)}\n`);
}

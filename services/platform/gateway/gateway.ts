import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger, ServiceBroker } from "moleculer";
import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import { nodeOf } from "#mixins/service/node.ts";
import { AdaptiveConcurrencyLimiter } from "./adaptive-concurrency-limiter.ts";
import { AdmissionQueue } from "./admission-queue.ts";
import { type CachedAnswer, EdgeCache } from "./edge-cache.ts";
import { type IssuedKeys, TokenVerifier } from "./identity.ts";
import { gatewayLimits } from "./limits.ts";
import { OrderStreams } from "./order-stream.ts";
import { RequestLimiter } from "./rate-limit.ts";
import { clientAddress, givenRequestId } from "./request.ts";
import { SECURITY_HEADERS, sendBusy, sendProblem, setHeaders } from "./response.ts";
import { type Edge, sendCached } from "./rest.ts";

interface Alias {
  method: string;
  match(url: string): unknown;
}

/** What moleculer-web leaves on its service, and what we add. */
export interface GatewayService {
  broker: ServiceBroker;
  logger: Logger;
  settings: { port: number; ip: string };
  server: Server;
  aliases: Alias[];
  gateway: Gateway;
}

const LOOP_RESOLUTION_MS = 10;
const LOOP_PERCENTILE = 90; // a pause for the garbage is not load
const NANOS_PER_MS = 1e6;

function portProblem(error: NodeJS.ErrnoException, port: number): unknown {
  if (error.code === "EADDRINUSE")
    return new StartupError(`Port ${port} is in use. Set PORT to another one, or end what listens there.`);
  if (error.code === "EACCES")
    return new StartupError(`Port ${port} may not be used by this user. Set PORT to one above 1023.`);
  return error;
}

/** What happens to a request before and around its route. */
export class Gateway implements Edge {
  readonly verifier: TokenVerifier;
  readonly limiter: RequestLimiter;
  readonly cache = new EdgeCache();
  readonly streams: OrderStreams;
  readonly trustProxy: boolean;
  readonly log: Logger;
  readonly #service: GatewayService;
  readonly #queue = new AdmissionQueue(new AdaptiveConcurrencyLimiter());
  readonly #work = new WeakMap<ServerResponse, () => void>();
  readonly #lookTimer: NodeJS.Timeout;
  readonly #waiting = new Set<() => void>();
  #drained: Promise<void> | undefined;

  constructor(service: GatewayService) {
    const node = nodeOf(service.broker);
    this.#service = service;
    this.log = service.logger;
    this.trustProxy = node.env.TRUST_PROXY === "on";
    this.limiter = new RequestLimiter(node.env);
    this.verifier = new TokenVerifier(() =>
      service.broker.call<IssuedKeys, object>(
        "auth.jwks",
        {},
        { meta: { auth: { kind: "service", service: "gateway" } } },
      ),
    );
    this.streams = new OrderStreams(() => this);
    service.settings.port = node.env.PORT;
    service.settings.ip = node.env.HOST;
    service.server.removeAllListeners("error"); // moleculer-web's says it with a stack
    service.server.on("error", (error: NodeJS.ErrnoException) => exitWith(portProblem(error, node.env.PORT)));
    service.server.keepAliveTimeout = gatewayLimits.KEEP_ALIVE_MS;
    service.server.maxConnections = gatewayLimits.CONNECTIONS;
    node.onDrain(() => this.drain());
    this.#lookTimer = this.#watchLoad();
  }

  /** Everything that reaches the port comes through here: shedding, headers and the edge cache first, then the route. */
  async handle(req: IncomingMessage, res: ServerResponse, route: () => Promise<void>): Promise<void> {
    const requestId = givenRequestId(req) ?? newId("request");
    req.headers["x-request-id"] = requestId;
    delete req.headers["x-correlation-id"]; // moleculer-web would take it unchecked
    const cached = req.method === "GET" ? this.cache.fresh(req.url ?? "") : undefined;
    const costly = !cached && !req.url?.startsWith("/health/");
    if (costly && !(await this.#queue.enter(() => res.closed))) return sendBusy(res, requestId);
    if (costly) this.#begin(res);
    setHeaders(res, SECURITY_HEADERS);
    res.setHeader("X-Request-Id", requestId);
    try {
      if (this.#drained) res.setHeader("Connection", "close");
      await (cached ? this.#sendCached(req, res, cached) : route());
    } catch (error) {
      this.refuse(req, res, error);
    }
  }

  waits(res: ServerResponse): Promise<void> {
    this.#work.get(res)?.();
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#drained) resolve();
    this.#waiting.add(resolve);
    res.once("close", () => this.#waiting.delete(resolve));
    return promise;
  }

  /** Whatever moleculer-web could not route. */
  refuse(req: IncomingMessage, res: ServerResponse, error: unknown): void {
    const requestId = givenRequestId(req) ?? newId("request");
    const type = typeof error === "object" && error !== null && "type" in error ? error.type : undefined;
    if (type === "NOT_FOUND" && error instanceof Error && error.name === "NotFoundError") {
      this.#notRouted(req, res, requestId);
      return;
    }
    if (error instanceof URIError || (error instanceof Error && /decode param/i.test(error.message))) {
      sendProblem(req, res, new DomainError("BAD_REQUEST", "The path is not valid percent-encoding."), requestId);
      return;
    }
    const problem = sendProblem(req, res, error, requestId);
    if (problem.code === "INTERNAL") this.log.error("A request failed.", { requestId, err: error });
  }

  /**
   * Tells load balancers and clients to go elsewhere, gives them time to, and only then stops taking requests and waits
   * for what is under way, within bounds.
   */
  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async #drain(): Promise<void> {
    const { server } = this.#service;
    for (const end of this.#waiting) end();
    this.streams.closeAll();
    // Alone there is nobody to go to.
    if (server.listening && nodeOf(this.#service.broker).env.NATS_URL) await pause(gatewayLimits.LEAVING_MS);
    clearInterval(this.#lookTimer);
    if (server.listening) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => server.closeAllConnections(), limits.SHUTDOWN_MS);
      await closed;
      clearTimeout(timer);
    }
    this.limiter.close();
  }

  #notRouted(req: IncomingMessage, res: ServerResponse, requestId: string): void {
    const path = (req as { originalUrl?: string }).originalUrl?.split("?")[0] ?? req.url ?? "";
    const allowed = [
      ...new Set(this.#service.aliases.filter((alias) => alias.match(path)).map(({ method }) => method)),
    ];
    if (allowed.length === 0) {
      sendProblem(req, res, new DomainError("NOT_FOUND", "There is nothing at this path."), requestId);
      return;
    }
    res.setHeader("Allow", allowed.join(", "));
    sendProblem(req, res, new DomainError("METHOD_NOT_ALLOWED", `Allowed here: ${allowed.join(", ")}.`), requestId);
  }

  async #sendCached(req: IncomingMessage, res: ServerResponse, cached: CachedAnswer): Promise<void> {
    const auth = await this.verifier.identify(req.headers.authorization);
    await this.limiter.count(auth, clientAddress(req, this.trustProxy), res);
    res.setHeader("Access-Control-Allow-Origin", "*");
    sendCached(req, res, cached);
  }

  /** The shop has taken on the work of this request; it ends with the answer, or where waiting begins. */
  #begin(res: ServerResponse): void {
    const began = performance.now();
    const end = () => {
      if (!this.#work.delete(res)) return;
      this.#queue.leave(res.statusCode < 500 ? performance.now() - began : undefined);
    };
    this.#work.set(res, end);
    if (res.closed)
      end(); // between being let in and here
    else res.once("close", end);
  }

  #watchLoad(): NodeJS.Timeout {
    const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
    delay.enable();
    return setInterval(() => {
      this.#queue.adjust(Math.max(0, delay.percentile(LOOP_PERCENTILE) / NANOS_PER_MS - LOOP_RESOLUTION_MS));
      delay.reset();
    }, gatewayLimits.LOAD_LOOK_MS).unref();
  }
}

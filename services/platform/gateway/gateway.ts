import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Logger, ServiceBroker } from "moleculer";
import { limits } from "../../../config/limits.ts";
import { exitWith } from "../../../mixins/broker.ts";
import { Problem } from "../../../mixins/errors.ts";
import { newId } from "../../../mixins/ids.ts";
import { nodeOf } from "../../../mixins/node.ts";
import { StartupError } from "../../../mixins/startup-error.ts";
import { EdgeCache } from "./edge-cache.ts";
import { type IssuedKeys, TokenVerifier } from "./identity.ts";
import { OrderStreams } from "./order-stream.ts";
import { RequestLimiter } from "./rate-limit.ts";
import { clientAddress, givenRequestId } from "./request.ts";
import { SECURITY_HEADERS, sendProblem, setHeaders } from "./response.ts";
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

const LAG_SAMPLE_MS = 100;

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
  readonly #lagTimer: NodeJS.Timeout;
  #lagMs = 0;
  #inFlight = 0;
  #draining = false;
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
    service.server.keepAliveTimeout = limits.KEEP_ALIVE_MS;
    node.onDrain(() => this.drain());
    this.#lagTimer = this.#watchLag();
  }

  /** Everything that reaches the port comes through here: shedding, headers and the edge cache first, then the route. */
  async handle(req: IncomingMessage, res: ServerResponse, route: () => Promise<void>): Promise<void> {
    const requestId = givenRequestId(req) ?? newId("request");
    req.headers["x-request-id"] = requestId;
    delete req.headers["x-correlation-id"]; // moleculer-web would take it unchecked
    this.#inFlight += 1;
    res.once("close", () => {
      this.#inFlight -= 1;
    });
    setHeaders(res, SECURITY_HEADERS);
    res.setHeader("X-Request-Id", requestId);
    try {
      if (this.#overloaded() && !req.url?.startsWith("/health/"))
        throw new Problem("SERVICE_UNAVAILABLE", "The shop is busy.");
      if (this.#draining) res.setHeader("Connection", "close");
      if (await this.#answerFromCache(req, res)) return;
      await route();
    } catch (error) {
      this.refuse(req, res, error);
    }
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
      sendProblem(req, res, new Problem("BAD_REQUEST", "The path is not valid percent-encoding."), requestId);
      return;
    }
    const problem = sendProblem(req, res, error, requestId);
    if (problem.code === "INTERNAL") this.log.error("A request failed.", { requestId, err: error });
  }

  /** Stops taking requests, ends streams, and waits for what is under way, within bounds. */
  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#lagTimer);
    this.streams.closeAll();
    const { server } = this.#service;
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
      sendProblem(req, res, new Problem("NOT_FOUND", "There is nothing at this path."), requestId);
      return;
    }
    res.setHeader("Allow", allowed.join(", "));
    sendProblem(req, res, new Problem("METHOD_NOT_ALLOWED", `Allowed here: ${allowed.join(", ")}.`), requestId);
  }

  async #answerFromCache(req: IncomingMessage, res: ServerResponse): Promise<boolean> {
    if (req.method !== "GET") return false;
    const cached = this.cache.fresh(req.url ?? "");
    if (!cached) return false;
    const auth = await this.verifier.identify(req.headers.authorization);
    await this.limiter.count(auth, clientAddress(req, this.trustProxy), res);
    res.setHeader("Access-Control-Allow-Origin", "*");
    sendCached(req, res, cached);
    return true;
  }

  #overloaded(): boolean {
    return this.#inFlight > limits.IN_FLIGHT_REQUESTS || this.#lagMs > limits.EVENT_LOOP_DELAY_MS;
  }

  #watchLag(): NodeJS.Timeout {
    let last = performance.now();
    return setInterval(() => {
      const now = performance.now();
      this.#lagMs = Math.max(0, now - last - LAG_SAMPLE_MS);
      last = now;
    }, LAG_SAMPLE_MS).unref();
  }
}

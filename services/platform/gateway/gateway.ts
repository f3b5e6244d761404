import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger, ServiceBroker } from "moleculer";
import { limits } from "#config/limits.ts";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { shopLocales } from "#lib/contract/locale.ts";
import type { Call, CallOptions, Contract } from "#lib/contract/types.ts";
import { SampledLog } from "#lib/sampled-log.ts";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import { nodeOf } from "#mixins/service/node.ts";
import { isDocument } from "./documents/pages.ts";
import { gatewayLimits } from "./domain/limits.ts";
import { Callers } from "./identity/callers.ts";
import { TokenVerifier } from "./identity/token-verifier.ts";
import type { GatewayResponse } from "./overload/gateway-response.ts";
import { LoadShedder } from "./overload/load-shedder.ts";
import { RateLimiter } from "./overload/rate-limiter.ts";
import { Refusals } from "./overload/refusals.ts";
import { SocketGuard } from "./overload/socket-guard.ts";
import { AccessLog } from "./rest/access-log.ts";
import { identify } from "./rest/caller.ts";
import { preflightHeaders } from "./rest/cors.ts";
import type { Edge, GatewayRequest } from "./rest/edge.ts";
import { EdgeCache } from "./rest/edge-cache.ts";
import { Languages } from "./rest/languages.ts";
import { sendBusy, sendProblem } from "./rest/problem.ts";
import { hasValidEncoding, requestIdOf } from "./rest/request-headers.ts";
import { setDefaultHeaders, setRequestId } from "./rest/respond.ts";
import { sendStored } from "./rest/stored-response.ts";
import { WaitingRequests } from "./rest/waiting-requests.ts";
import type { DeclaredStream } from "./streams/declared-streams.ts";
import { EventStreams } from "./streams/event-streams.ts";

interface Alias {
  method: string;
  fullPath: string;
  re: RegExp;
}

/** The properties that moleculer-web puts on its service, and our own. */
export interface GatewayService {
  broker: ServiceBroker;
  logger: Logger;
  settings: { port: number; ip: string };
  server: Server;
  aliases: Alias[];
  gateway: Gateway;
  httpHandler(req: IncomingMessage, res: GatewayResponse): void;
}

/** What happens to every request before and around its route, and to all requests when the gateway stops. */
export class Gateway implements Edge {
  readonly callers: Callers;
  readonly verifier: TokenVerifier;
  readonly cache = new EdgeCache();
  readonly languages: Languages;
  readonly streams: EventStreams;
  readonly log: Logger;
  readonly accessLog: AccessLog;
  readonly #service: GatewayService;
  readonly #trustProxy: boolean;
  readonly #rateLimiter: RateLimiter;
  readonly #preflightHeaders: Readonly<Record<string, string>>;
  readonly #load = new LoadShedder();
  readonly #refusals: Refusals;
  readonly #sockets: SocketGuard;
  readonly #waiting = new WaitingRequests();
  #drained: Promise<void> | undefined;

  constructor(service: GatewayService, contracts: readonly Contract[], streams: readonly DeclaredStream[]) {
    const node = nodeOf(service.broker);
    this.#service = service;
    this.log = service.logger;
    this.#trustProxy = node.env.TRUST_PROXY === "on";
    this.languages = new Languages(shopLocales(node.env.SHOP_LOCALES));
    this.#rateLimiter = new RateLimiter(node.env);
    const call = callOf(service.broker);
    this.callers = new Callers(call, new SampledLog(this.log, gatewayLimits.STATE_LOG_LINES));
    this.verifier = new TokenVerifier({
      audience: node.env.NAMESPACE,
      fetchKeys: () => call("auth.jwks", {}),
      callerOf: (subject) => this.callers.callerOf(subject),
    });
    this.accessLog = new AccessLog({
      env: node.env,
      contracts,
      log: this.log,
      patternOf: (path, method) => patternOf(service, path, method),
    });
    this.#preflightHeaders = preflightHeaders(contracts);
    this.streams = new EventStreams(() => this, streams);
    service.settings.port = node.env.PORT;
    service.settings.ip = node.env.HOST;
    service.server.removeAllListeners("error"); // the listener of moleculer-web logs the error with its stack
    service.server.on("error", (error: NodeJS.ErrnoException) => exitWith(listenError(error, node.env.PORT)));
    this.#refusals = new Refusals(service.broker, service.logger);
    this.#sockets = new SocketGuard(service.server, node.env, contracts, this.#refusals);
    node.onDrain(() => this.drain());
  }

  /**
   * Every request to the port comes through here: first its caller and the rate limit, then its body, load shedding and
   * headers, then the edge cache or its route. Whatever the answer is, a request counts once, except the health checks, and
   * those that are refused at once under overload: a refusal must cost less than counting, which may ask Redis. Documents
   * are served when there is room to spare.
   */
  async handle(req: IncomingMessage, res: GatewayResponse, route: () => Promise<void>): Promise<void> {
    this.#sockets.watch(req, res);
    const requestId = requestIdOf(req);
    req.headers["x-request-id"] = requestId;
    delete req.headers["x-correlation-id"]; // moleculer-web would use it without checking it
    this.accessLog.begin(req, res, requestId);
    const { url = "" } = req;
    const cached = req.method === "GET" ? this.cache.fresh(this.languages.keyOf(req, url), url) : undefined;
    const isHealthCheck = url.startsWith("/health/");
    const isLoad = !cached && !isHealthCheck;
    const isSpare = isDocument(url);
    if (isLoad && !isSpare && this.#load.refuses()) return this.#refuseBusy(res, requestId);
    try {
      if (!isHealthCheck) await this.#countCaller(req, res);
      if (!cached && !hasValidEncoding(url))
        throw new DomainError("BAD_REQUEST", "The address is not valid percent-encoding.");
      if (isLoad && !(isSpare ? this.#load.admitSpare(res) : await this.#admit(req, res)))
        return this.#refuseBusy(res, requestId);
      setDefaultHeaders(res);
      setRequestId(res, requestId);
      if (this.#drained) res.setHeader("Connection", "close");
      if (cached) return sendStored(req, res, cached);
      if (req.method === "OPTIONS") return this.#answerOptions(req, res);
      await route();
    } catch (error) {
      if (!res.headersSent) setDefaultHeaders(res);
      this.refuse(req, res, error);
    }
  }

  /** @throws DomainError RATE_LIMITED */
  async #countCaller(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const caller = await identify(req, this.verifier, this.#trustProxy);
    (req as GatewayRequest).caller = caller;
    await this.#rateLimiter.count(caller, res);
  }

  /**
   * Reads the body, then waits until the request may be processed: it counts as load only from then on. When it would be
   * refused anyway, it is refused before its body is read, which costs less.
   * @returns false when the request must be refused
   * @throws DomainError as `SocketGuard.readBody`
   */
  async #admit(req: IncomingMessage, res: GatewayResponse): Promise<boolean> {
    if (this.#load.refuses()) return false;
    await this.#sockets.readBody(req, res);
    return this.#load.admit(res);
  }

  #refuseBusy(res: ServerResponse, requestId: string): void {
    this.#refusals.count("busy");
    sendBusy(res, requestId);
  }

  beginWaiting(res: ServerResponse): Promise<void> {
    this.#load.release(res);
    return this.#waiting.add(res);
  }

  /** Sends the problem of a request that moleculer-web could not route, or whose route failed unexpectedly. */
  refuse(req: IncomingMessage, res: ServerResponse, error: unknown): void {
    const requestId = requestIdOf(req);
    const type = typeof error === "object" && error !== null && "type" in error ? error.type : undefined;
    if (type === "NOT_FOUND" && error instanceof Error && error.name === "NotFoundError") {
      this.#refuseUnrouted(req, res, requestId);
      return;
    }
    const problem = sendProblem(req, res, error, requestId);
    if (problem.code === "INTERNAL") this.log.error("A request failed.", { requestId, err: error });
    else if (problem.status === 503)
      this.log.warn("A request was answered with 503.", { requestId, reason: String(error) });
  }

  /**
   * Stops gracefully. At first `/health/ready` answers 503 while requests are still served, so that load balancers have
   * time to notice. Then no new connection is accepted, and requests in progress have `SHUTDOWN_MS` to finish.
   */
  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async #drain(): Promise<void> {
    const { server } = this.#service;
    this.#waiting.close();
    this.streams.close();
    // A single process has no other gateway that could take the clients.
    if (server.listening && nodeOf(this.#service.broker).env.NATS_URL) await sleep(gatewayLimits.DRAIN_NOTICE_MS);
    this.#load.stop();
    if (server.listening) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => server.closeAllConnections(), limits.SHUTDOWN_MS);
      await closed;
      clearTimeout(timer);
    }
    this.#sockets.stop();
    this.#rateLimiter.close();
  }

  /** What a path supports. Nothing is executed, and the answer says nothing about objects. */
  #answerOptions(req: IncomingMessage, res: ServerResponse): void {
    if (req.headers["access-control-request-method"]) {
      res.writeHead(204, this.#preflightHeaders).end();
      return;
    }
    const methods = this.#methodsAt(req);
    if (methods.length === 0) throw nothingHere();
    res.writeHead(204, { Allow: [...methods, "OPTIONS"].join(", ") }).end();
  }

  /** 405 when the path has routes of other methods, otherwise 404. */
  #refuseUnrouted(req: IncomingMessage, res: ServerResponse, requestId: string): void {
    const methods = this.#methodsAt(req);
    if (methods.length === 0) {
      sendProblem(req, res, nothingHere(), requestId);
      return;
    }
    const allowed = methods.join(", ");
    res.setHeader("Allow", allowed);
    sendProblem(req, res, new DomainError("METHOD_NOT_ALLOWED", `This path allows ${allowed}.`), requestId);
  }

  /** The methods of the routes at a request's path, with HEAD where there is GET; none for an unknown path. */
  #methodsAt(req: IncomingMessage): string[] {
    const url = (req as { originalUrl?: string }).originalUrl ?? req.url ?? "";
    const path = url.split("?")[0];
    const methods = this.#service.aliases.filter((alias) => alias.re.test(path ?? "")).map(({ method }) => method);
    return [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
  }
}

/** The pattern of the route that takes a request, such as `/api/v1/orders/:orderId`. */
function patternOf({ aliases }: GatewayService, path: string, method = "GET"): string | undefined {
  const wanted = method === "HEAD" ? "GET" : method;
  return aliases.find((alias) => alias.method === wanted && alias.re.test(path))?.fullPath;
}

function nothingHere(): DomainError {
  return new DomainError("NOT_FOUND", "There is nothing at this path.");
}

/** Calls with the identity of the gateway itself. */
function callOf(broker: ServiceBroker): Call {
  const auth: Auth = { kind: "service", service: "gateway" };
  return ((name: string, params: object, { timeoutMs }: CallOptions = {}) =>
    broker.call(name, params, {
      meta: { auth },
      ...(timeoutMs ? { timeout: timeoutMs } : {}),
    })) as unknown as Call;
}

/** The error of a server that cannot listen, as a sentence that says what to do. */
function listenError(error: NodeJS.ErrnoException, port: number): unknown {
  if (error.code === "EADDRINUSE")
    return new StartupError(`Port ${port} is in use. Set PORT to another port, or stop the process that uses it.`);
  if (error.code === "EACCES")
    return new StartupError(`Port ${port} may not be used by this user. Set PORT to a port above 1023.`);
  return error;
}

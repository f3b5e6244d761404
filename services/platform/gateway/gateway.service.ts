import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import { loadContracts } from "#lib/contract/contract-registry.ts";
import type { PlatformSignals } from "#lib/contract/signals.ts";
import { continueClientTrace } from "#mixins/broker/tracing.ts";
import { Gateway, type GatewayService } from "./gateway.ts";
import { identitySignals } from "./identity/signals.ts";
import type { GatewayResponse } from "./overload/gateway-response.ts";
import { createGatewayServer } from "./overload/server.ts";
import { apiRoute, pagesRoute } from "./routes.ts";
import { declaredStreams, signalsOf } from "./streams/declared-streams.ts";
import { printWelcome } from "./welcome.ts";

const contracts = loadContracts();
const streams = declaredStreams(contracts);
const base = ApiGateway.methods as Record<
  "httpHandler" | "resolveAlias",
  (this: GatewayService, ...args: unknown[]) => never
>;
const streamSignals = signalsOf(streams).map((signal) => [
  signal,
  function (this: GatewayService, ctx: Context<Record<string, unknown>>) {
    this.gateway.streams.notify(signal, ctx.params);
  },
]);

/** The edge of the shop: REST and streams below `/api/v1` by contract, documents, health. Only declared routes exist. */
export default {
  name: "gateway",
  mixins: [ApiGateway as unknown as ServiceSchema],
  settings: {
    routes: [apiRoute(contracts), pagesRoute(contracts)],
    rootCallOptions: continueClientTrace,
    logRequest: null,
    logResponse: null,
    logRouteRegistration: null,
    onError(this: GatewayService, req: IncomingMessage, res: ServerResponse, error: Error) {
      this.gateway.refuse(req, res, error);
    },
  },
  actions: {
    // The gateway's own load shedding bounds requests. It refuses them at once, a bulkhead would queue them.
    rest: { bulkhead: { enabled: false }, circuitBreaker: { enabled: false } },
    listAliases: false,
    addRoute: false,
    removeRoute: false,
  },
  methods: {
    createServer(this: GatewayService) {
      this.server = createGatewayServer((req, res) => this.httpHandler(req, res));
    },
    httpHandler(this: GatewayService, req: IncomingMessage, res: GatewayResponse) {
      return this.gateway.handle(req, res, () => base.httpHandler.call(this, req, res));
    },
    resolveAlias(this: GatewayService, url: string, method?: string) {
      return base.resolveAlias.call(this, url, method === "HEAD" ? "GET" : method);
    },
  },
  events: {
    ...Object.fromEntries(streamSignals),
    ...identitySignals,
    "edge.invalidate"(this: GatewayService, { params: { skus } }: Context<PlatformSignals["edge.invalidate"]>) {
      if (skus) this.gateway.cache.invalidateSkus(skus);
      else this.gateway.cache.invalidate();
    },
    "$broker.started"(this: GatewayService) {
      void printWelcome(this.broker, contracts); // not awaited: it waits for services that may run on other nodes
    },
  },
  created(this: GatewayService) {
    this.gateway = new Gateway(this, contracts, streams);
  },
  async stopped(this: GatewayService) {
    await this.gateway.drain();
  },
} as unknown as ServiceSchema;

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import { limits } from "#config/limits.ts";
import { loadContracts } from "#lib/contract/contract-registry.ts";
import type { SignalData } from "#lib/contract/signals.ts";
import { continueClientTrace } from "#mixins/broker/tracing.ts";
import { Gateway, type GatewayService } from "./gateway.ts";
import { apiRoute, pagesRoute } from "./routes.ts";
import { printWelcome } from "./welcome.ts";

const contracts = loadContracts();
const base = ApiGateway.methods as Record<
  "httpHandler" | "resolveAlias",
  (this: GatewayService, ...args: unknown[]) => never
>;

/** The edge of the shop: REST below `/api/v1` by contract, documents, health. Nothing but declared routes is served. */
export default {
  name: "gateway",
  mixins: [ApiGateway as unknown as ServiceSchema],
  settings: {
    routes: [apiRoute(contracts), pagesRoute(contracts)],
    rootCallOptions: continueClientTrace,
    logRequest: null,
    logResponse: null,
    logRouteRegistration: null,
    requestTimeout: limits.REQUEST_TIMEOUT_MS * 3,
    onError(this: GatewayService, req: IncomingMessage, res: ServerResponse, error: Error) {
      this.gateway.refuse(req, res, error);
    },
  },
  actions: {
    // Requests are bounded by the gateway's own shedding, which answers at once instead of queueing.
    rest: { bulkhead: { enabled: false }, circuitBreaker: { enabled: false } },
    listAliases: false,
    addRoute: false,
    removeRoute: false,
  },
  methods: {
    httpHandler(this: GatewayService, req: IncomingMessage, res: ServerResponse) {
      return this.gateway.handle(req, res, () => base.httpHandler.call(this, req, res));
    },
    resolveAlias(this: GatewayService, url: string, method?: string) {
      return base.resolveAlias.call(this, url, method === "HEAD" ? "GET" : method);
    },
  },
  events: {
    "orders.changed"(this: GatewayService, ctx: Context<SignalData<"orders.changed">>) {
      this.gateway.streams.changed(ctx.params.orderId);
    },
    "edge.invalidate"(this: GatewayService) {
      this.gateway.cache.invalidate();
    },
    "auth.keysChanged"(this: GatewayService) {
      this.gateway.verifier.forget();
    },
    "$broker.started"(this: GatewayService) {
      void printWelcome(this.broker, contracts); // it waits for services that may run elsewhere
    },
  },
  created(this: GatewayService) {
    this.gateway = new Gateway(this);
  },
  async stopped(this: GatewayService) {
    await this.gateway.drain();
  },
} as unknown as ServiceSchema;

import { createServer, type IncomingMessage, type Server } from "node:http";
import { gatewayLimits } from "../domain/limits.ts";
import { GatewayResponse } from "./gateway-response.ts";

/** The HTTP server of a gateway, with its bounds for connections and for requests that arrive. */
export function createGatewayServer(handle: (req: IncomingMessage, res: GatewayResponse) => void): Server {
  const server = createServer(
    {
      ServerResponse: GatewayResponse,
      headersTimeout: gatewayLimits.HEADERS_MS,
      requestTimeout: gatewayLimits.REQUEST_ARRIVAL_MS,
      keepAliveTimeout: gatewayLimits.KEEP_ALIVE_MS,
      connectionsCheckingInterval: gatewayLimits.SWEEP_MS,
    },
    handle,
  );
  server.maxConnections = gatewayLimits.CONNECTIONS;
  return server;
}

import type { ServerResponse } from "node:http";
import { limits } from "#config/limits.ts";
import type { Contract } from "#lib/contract/types.ts";
import { nodeOf } from "#mixins/service/node.ts";
import type { GatewayService } from "./gateway.ts";
import type { GatewayRequest } from "./rest/edge.ts";
import { sendJson } from "./rest/respond.ts";

/** What a gateway can say about itself and about the services. */
interface Surroundings {
  /** Services that run on no node it can see, or that have not finished their start. */
  missing: readonly Pick<Contract, "name" | "essential">[];
  /** Whether it has seen all of them before. */
  complete: boolean;
  leaving: boolean;
  /** Whether the connection to the other nodes is lost. */
  disconnected: boolean;
}

export type Readiness = "ready" | "degraded" | "waiting" | "leaving";

/**
 * Whether a load balancer should send clients here. A gateway that has once seen all services stays ready when some are
 * away: they are away for the other gateways as well, and many requests need only a few services. But a gateway that is
 * disconnected from the other nodes must itself reach all essential services.
 */
export function readiness({ missing, complete, leaving, disconnected }: Surroundings): Readiness {
  if (leaving) return "leaving";
  if (missing.length === 0) return "ready";
  if (!complete) return "waiting";
  return disconnected && missing.some(({ essential }) => essential) ? "waiting" : "degraded";
}

/** `GET /health/ready`: 200 or 503, with the names of the services that are missing. */
export function readinessRoute(contracts: readonly Contract[]) {
  let complete = false;
  return async function (this: GatewayService, req: GatewayRequest, res: ServerResponse): Promise<void> {
    const running = this.broker.registry.getServiceList({ onlyAvailable: true, skipInternal: true }) as {
      name: string;
    }[];
    const names = new Set(running.map(({ name }) => name));
    const { initializing, leaving, disconnected } = nodeOf(this.broker);
    const missing = contracts.filter(({ name }) => !names.has(name) || initializing.has(name));
    complete ||= missing.length === 0;
    const status = readiness({ missing, complete, leaving, disconnected });
    const isReady = status === "ready" || status === "degraded";
    if (!isReady) res.setHeader("Retry-After", limits.RETRY_AFTER_SECONDS);
    await sendJson(
      req,
      res,
      isReady ? 200 : 503,
      missing.length > 0 ? { status, missing: missing.map(({ name }) => name) } : { status },
    );
  };
}

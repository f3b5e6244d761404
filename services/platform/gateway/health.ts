import type { ServerResponse } from "node:http";
import { limits } from "#config/limits.ts";
import type { Contract } from "#lib/contract/types.ts";
import { nodeOf } from "#mixins/service/node.ts";
import type { GatewayService } from "./gateway.ts";
import { sendJson } from "./response.ts";
import type { GatewayRequest } from "./rest.ts";

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
 * Whether a load balancer should send clients here. A gateway that was complete once stays: what it misses, the other
 * gateways miss as well, and a shop without payments still takes orders. Unless it is cut off: then it stays only if it
 * can sell by itself.
 */
export function readiness({ missing, complete, leaving, disconnected }: Surroundings): Readiness {
  if (leaving) return "leaving";
  if (missing.length === 0) return "ready";
  if (!complete) return "waiting";
  return disconnected && missing.some(({ essential }) => essential) ? "waiting" : "degraded";
}

/** `GET /health/ready`: 200 or 503, and what is missing. */
export function readyPage(contracts: readonly Contract[]) {
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
    const answers = status === "ready" || status === "degraded";
    if (!answers) res.setHeader("Retry-After", limits.RETRY_AFTER_SECONDS);
    await sendJson(
      req,
      res,
      answers ? 200 : 503,
      missing.length > 0 ? { status, missing: missing.map(({ name }) => name) } : { status },
    );
  };
}

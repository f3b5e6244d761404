import type { Gateway, Request } from "./http.ts";
import { type Probe, probing } from "./probe.ts";
import { quantile } from "./quantile.ts";

const CLIENTS = 3;
const EVERY_MS = 15; // a client pauses so long, because together they must stay below the rate limit
const REQUESTS: readonly Request[] = [
  { method: "GET", path: "/products?limit=20" },
  { method: "POST", path: "/carts", body: {} },
  { method: "GET", path: "//health/ready" },
];

/** What clients get for a while who have nothing to do with a fault: from the cache, with a body, and of the gateway alone. */
export async function bystanders(gateway: Gateway, forMs: number): Promise<Probe[]> {
  const clients = Array.from({ length: CLIENTS }, (_, client) => {
    let turn = client;
    return probing(gateway, () => REQUESTS[turn++ % REQUESTS.length] as Request, forMs, EVERY_MS);
  });
  return (await Promise.all(clients)).flat();
}

export function p99Ms(probes: readonly Probe[]): number {
  return quantile(
    probes.map(({ ms }) => ms),
    0.99,
  );
}

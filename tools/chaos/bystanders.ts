import { Gateway, type Request } from "./http.ts";
import { type Probe, probing } from "./probe.ts";
import { quantile } from "./quantile.ts";

const CLIENTS = 3;
const EVERY_MS = 15; // a client pauses so long, because together they must stay below the rate limit
const REQUESTS: readonly Request[] = [
  { method: "GET", path: "/products?limit=20" },
  { method: "POST", path: "/carts", body: {} },
  { method: "GET", path: "//health/ready" },
];
const NEWCOMER: Request = { method: "GET", path: "//health/ready", headers: { connection: "close" } };

/** What clients get for a while who have nothing to do with a fault: from the cache, with a body, and of the gateway alone. */
export async function bystanders(gateway: Gateway, forMs: number): Promise<Probe[]> {
  const clients = Array.from({ length: CLIENTS }, (_, client) => {
    let turn = client;
    return probing(gateway, () => REQUESTS[turn++ % REQUESTS.length] as Request, forMs, EVERY_MS);
  });
  return (await Promise.all(clients)).flat();
}

/** What clients get who open a connection for each request. Node accepts one in each turn of its event loop. */
export async function newcomers({ name, port }: Gateway, forMs: number): Promise<Probe[]> {
  const own = new Gateway(name, port); // without connections of others that it could use
  try {
    return await probing(own, () => NEWCOMER, forMs, EVERY_MS);
  } finally {
    own.close();
  }
}

export function p99Ms(probes: readonly Probe[]): number {
  return quantile(
    probes.map(({ ms }) => ms),
    0.99,
  );
}

import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, Gateway, type Request } from "./http.ts";

const POLL_MS = 150;
const PROBE_TIMEOUT_MS = 1_000;

/**
 * The load balancer between clients and gateways: it polls the readiness of each gateway, sends requests to the ready ones
 * in turn, and tries the next one only when a connection was refused.
 */
export class Balancer {
  readonly gateways: readonly Gateway[];
  readonly #ready = new Set<Gateway>();
  /** A gateway that gets every request while it is ready. */
  preferred: string | undefined;
  #turn = 0;
  #running = true;

  constructor(gateways: readonly { name: string; port: number }[]) {
    this.gateways = gateways.map(({ name, port }) => new Gateway(name, port));
    for (const gateway of this.gateways) void this.#watch(gateway);
  }

  gateway(name: string): Gateway {
    const gateway = this.gateways.find((one) => one.name === name);
    if (!gateway) throw new Error(`There is no gateway ${name}.`);
    return gateway;
  }

  /** @throws Error with a system code when there is no answer */
  async send(request: Request, timeoutMs: number): Promise<Answer> {
    const candidates = this.#candidates();
    this.#turn += 1;
    let refused: unknown;
    for (let i = 0; i < candidates.length; i++) {
      const gateway = candidates[(this.#turn + i) % candidates.length] as Gateway;
      try {
        return await gateway.send(request, timeoutMs);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
        this.#ready.delete(gateway);
        refused = error;
      }
    }
    throw refused;
  }

  #candidates(): readonly Gateway[] {
    const ready = this.gateways.filter((gateway) => this.#ready.has(gateway));
    const preferred = ready.filter(({ name }) => name === this.preferred);
    if (preferred.length > 0) return preferred;
    return ready.length > 0 ? ready : this.gateways;
  }

  close(): void {
    this.#running = false;
    for (const gateway of this.gateways) gateway.close();
  }

  async #watch(gateway: Gateway): Promise<void> {
    while (this.#running) {
      const answer = await gateway
        .send({ method: "GET", path: "//health/ready" }, PROBE_TIMEOUT_MS)
        .catch(() => undefined);
      if (answer?.status === 200) this.#ready.add(gateway);
      else this.#ready.delete(gateway);
      await sleep(POLL_MS, undefined, { ref: false });
    }
  }
}

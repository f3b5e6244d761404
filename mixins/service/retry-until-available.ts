import { setTimeout as sleep } from "node:timers/promises";
import { isOutage } from "#lib/contract/outage.ts";

const ATTEMPTS = 60;
const PAUSE_MS = 1_000;

/**
 * Runs the work of a service that needs other services, such as seeding. In a cluster these may be on nodes that start a
 * little later, so after an outage it is tried again, for about a minute.
 * @param running whether the node still runs; otherwise the work is given up
 */
export async function retryUntilAvailable(work: () => Promise<void>, running: () => boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!running()) return;
      if (attempt >= ATTEMPTS || !isOutage(error)) throw error;
      await sleep(PAUSE_MS, undefined, { ref: false });
    }
  }
}

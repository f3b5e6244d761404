import { setTimeout as sleep } from "node:timers/promises";
import { isOutage } from "#lib/contract/outage.ts";

const TRIES = 60;
const PAUSE_MS = 1_000;

/**
 * Does what a service does once when all is up. In a cluster a service it calls for that may be on a node that starts
 * a little later, so outages are waited out, for about a minute.
 * @param running whether it is still worth trying
 */
export async function retryUntilAvailable(work: () => Promise<void>, running: () => boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!running()) return;
      if (attempt >= TRIES || !isOutage(error)) throw error;
      await sleep(PAUSE_MS, undefined, { ref: false });
    }
  }
}

/** The load generator of the comparison: a process that plays the clients of one system. */
import { runWindow, type Window } from "#bench/window.ts";
import { answerJobs } from "#bench/worker.ts";
import { shopperIn } from "./shopping.ts";
import type { Shop } from "./system.ts";

/** `clients` buy for `seconds`, each the next thing when the last is paid. */
export interface PeerJob {
  shop: Shop;
  clients: number;
  seconds: number;
}

export interface PeerWindow extends Window {
  /** Purchases that came to nothing, and why the first did. */
  failures: number;
  failure?: string;
}

answerJobs<PeerJob, PeerWindow>(async ({ shop, clients, seconds }) => {
  const shopper = shopperIn(shop, clients);
  let failures = 0;
  let failure: string | undefined;
  try {
    const window = await runWindow(clients, seconds, async (client) => {
      try {
        await shopper.buy(client);
      } catch (error) {
        failures += 1;
        failure ??= error instanceof Error ? error.message : String(error);
        throw error;
      }
      return 1;
    });
    return { ...window, failures, ...(failure !== undefined && { failure }) };
  } finally {
    shopper.close();
  }
});

import { setTimeout as sleep } from "node:timers/promises";
import { check, type Fault } from "../fault.ts";
import { quantile } from "../quantile.ts";

const SETTLE_MS = 800; // a deployment waits until the balancer has seen that the new node is ready
const SHORT = new Set(["shop-1"]);

export const rollingRestart: Fault = {
  name: "F15",
  title: "rolling restart with SIGTERM under load",
  async run({ cluster, load, dose, note }) {
    const began = performance.now();
    load.start();
    await sleep(SETTLE_MS);
    const nodes = cluster.nodes.filter(({ name }) => dose === "full" || SHORT.has(name));
    for (const node of nodes) {
      note(`SIGTERM ${node.name}`);
      await node.restart("SIGTERM");
      await sleep(SETTLE_MS);
    }
    await load.stop();
    const samples = load.since(began);
    const failed = samples.filter(({ status }) => status === 0 || status >= 500 || status === 429);
    const kinds = [...new Set(failed.map(({ what, status }) => `${what}: ${status || "no answer"}`))].slice(0, 5);
    const slowest = quantile(
      samples.map(({ ms }) => ms),
      0.99,
    );
    return [
      check(
        failed.length === 0,
        `${nodes.length} nodes restarted, ${failed.length} of ${samples.length} requests failed${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}, p99 ${Math.round(slowest)} ms`,
      ),
    ];
  },
};

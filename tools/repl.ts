// NATS_URL=… npm run repl
// A node without services or database that joins the cluster: `nodes`, `services`, `call orders.get …`.
import { ServiceBroker } from "moleculer";
import { processEnv } from "#config/env.ts";
import { StartupError } from "#lib/startup-error.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import { operator } from "#mixins/broker/operator.ts";

try {
  const env = processEnv();
  if (!env.NATS_URL) throw new StartupError("Set NATS_URL to the cluster to join; for one process, use npm run dev.");
  const { nodeID, created, ...options } = brokerOptions(env);
  const broker = new ServiceBroker({ ...options, nodeID: `repl-${nodeID}`, middlewares: [operator] });
  await broker.start();
  broker.repl();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

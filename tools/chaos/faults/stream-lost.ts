import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { NAMESPACE } from "../cluster.ts";
import { check, type Fault } from "../fault.ts";

const REBUILD = resolve(import.meta.dirname, "../../events-rebuild.ts");
const REBUILD_MS = 60_000;

export const streamLost: Fault = {
  name: "F5",
  title: "the JetStream store deleted",
  finalWithinSeconds: 120,
  async run({ cluster, load, note }) {
    load.start();
    await sleep(3_000);
    note("NATS is killed and everything it has stored deleted");
    await cluster.nats.kill();
    await rm(join(cluster.nats.storeDir ?? "", "jetstream"), { recursive: true, force: true });
    await sleep(1_000);
    await cluster.nats.start();
    await sleep(3_000);
    await load.stop();
    note("npm run events:rebuild");
    const { stdout } = await promisify(execFile)(process.execPath, [REBUILD], {
      timeout: REBUILD_MS,
      env: { ...process.env, DATABASE_URL: cluster.postgres.url, NAMESPACE },
    });
    const again = /(\d+) events are published again/.exec(stdout)?.[1];
    return [check(again !== undefined, `${again} events published again from the outboxes`)];
  },
};

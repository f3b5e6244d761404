import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "nats";
import { check, type Fault, type FaultContext, UnsupportedHere } from "../fault.ts";
import { type Probe, probe, probing, summary } from "../probe.ts";

const FULL_MS = { short: 2_000, full: 6_000 };
const LIVENESS_MS = 500;
const LIVENESS_STRIKES = 3; // consecutive failures, as a supervisor counts them
const RECOVERED_WITHIN_MS = 60_000;

export const diskFull: Fault = {
  name: "F9",
  title: "disk full under Postgres or NATS",
  async run(scene) {
    const { cluster, load, dose, note } = scene;
    const { disks } = cluster;
    if (!disks) throw new UnsupportedHere("file systems cannot be mounted here, which takes root");
    const before = cluster.ends.length;
    load.start();
    await sleep(2_000);
    note("the disk of Postgres is full");
    await disks.postgres.fill();
    const without = await orders(scene, FULL_MS[dose]);
    await disks.postgres.free();
    const recovery = await untilSold(scene);
    note(`there is room again; orders are taken ${(recovery / 1_000).toFixed(1)} s later`);
    note("the disk of NATS is full");
    await disks.nats.fill();
    const meanwhile = await orders(scene, FULL_MS[dose]);
    await disks.nats.free();
    const probed = await reviveBroker(scene);
    await load.stop();
    const ended = cluster.ends.slice(before);
    const badly = without.filter(({ status, retryAfter }) => status !== 201 && !(status >= 500 && retryAfter));
    return [
      check(badly.length === 0, `Postgres without room: orders ${summary(without)}, refusals with Retry-After`),
      check(recovery < RECOVERED_WITHIN_MS, `orders taken ${(recovery / 1_000).toFixed(1)} s after there was room`),
      check(
        meanwhile.every(({ status }) => status === 201),
        `NATS without room: orders ${summary(meanwhile)}`,
      ),
      check(true, probed),
      check(ended.length === 0, `nodes that ended: ${ended.join(", ") || "none"}`),
    ];
  },
};

/** Acts as the liveness probe of NATS: some versions do not serve JetStream again after a full disk until restarted. */
async function reviveBroker({ cluster, note }: FaultContext): Promise<string> {
  for (let strike = 1; strike <= LIVENESS_STRIKES; strike++) {
    if (await jetStreamAnswers(cluster.nats.url)) return "JetStream serves again by itself";
    await sleep(LIVENESS_MS);
  }
  note("JetStream does not answer: its liveness probe restarts the server");
  await cluster.nats.kill();
  await cluster.nats.start();
  return "JetStream served again after its liveness probe had restarted it";
}

async function jetStreamAnswers(url: string): Promise<boolean> {
  const connection = await connect({ servers: url, timeout: LIVENESS_MS });
  try {
    const manager = await connection.jetstreamManager({ timeout: LIVENESS_MS });
    for await (const _ of manager.streams.list()) return true;
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}

function order({ load, random }: FaultContext) {
  const shopper = random.of(load.shoppers);
  return { ...shopper.orderRequest(random.of(load.goods)), token: shopper.caller.token };
}

function orders(scene: FaultContext, forMs: number): Promise<Probe[]> {
  return probing(scene.cluster.balancer.gateway("shop-1"), () => order(scene), forMs, 100);
}

async function untilSold(scene: FaultContext): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < RECOVERED_WITHIN_MS) {
    const { status } = await probe(scene.cluster.balancer.gateway("shop-1"), order(scene));
    if (status === 201) return performance.now() - began;
    await sleep(200);
  }
  return RECOVERED_WITHIN_MS;
}

import { setTimeout as sleep } from "node:timers/promises";
import { bystanders, p99Ms } from "../bystanders.ts";
import { type Check, check, type Fault } from "../fault.ts";
import { summary } from "../probe.ts";
import { RunningAttack } from "../socket-attack.ts";

const PLAN = { readers: 500, writers: 500, idle: 2_000, addresses: 50 };
const CALM_MS = { short: 1_500, full: 6_000 };
const ATTACKED_MS = { short: 2_500, full: 30_000 };
const RECOVERED_MS = 1_000;
const SLOWER = 2;
const NOISE_MS = 40; // a p99 of a few ms doubles when any other program gets a core for one time slice
const GATEWAY = "shop-1";

export const slowSockets: Fault = {
  name: "F17",
  title: "500 slow readers, 500 slow writers and 2,000 idle sockets from 50 addresses",
  async run({ cluster, load, dose, note }) {
    const gateway = cluster.balancer.gateway(GATEWAY);
    load.start();
    const before = await bystanders(gateway, CALM_MS[dose]);
    const attack = await RunningAttack.start(`http://127.0.0.1:${gateway.port}`, PLAN);
    note("all sockets are open");
    const during = await bystanders(gateway, ATTACKED_MS[dose]);
    const { opened, closed, answered } = await attack.stop();
    await sleep(RECOVERED_MS);
    const after = await bystanders(gateway, CALM_MS[dose]);
    await load.stop();
    const calmMs = Math.max(p99Ms(before), p99Ms(after));
    const attackedMs = p99Ms(during);
    const refused = during.filter(({ status }) => status < 200 || status > 299);
    const checks: Check[] = [
      check(refused.length === 0, `others meanwhile: ${summary(during)}`),
      check(
        attackedMs <= SLOWER * calmMs || attackedMs - calmMs <= NOISE_MS,
        `p99 ${Math.round(attackedMs)} ms, ${(attackedMs / calmMs).toFixed(2)} times that without`,
      ),
    ];
    if (dose === "short") return checks; // it is over before the first socket has to be closed
    return [
      ...checks,
      check(
        answered >= PLAN.writers && closed.idle >= PLAN.idle,
        `${answered} slow bodies refused, ${closed.idle} idle sockets closed of ${opened.writers} and ${opened.idle}`,
      ),
    ];
  },
};

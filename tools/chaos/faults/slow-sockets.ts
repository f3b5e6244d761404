import { bystanders, newcomers, p99Ms } from "../bystanders.ts";
import { type Check, check, type Fault } from "../fault.ts";
import { Gateway } from "../http.ts";
import { type Probe, summary } from "../probe.ts";
import { RunningAttack } from "../socket-attack.ts";

const PLAN = { readers: 500, writers: 500, idle: 2_000, addresses: 50 };
const CALM_MS = { short: 1_500, full: 6_000 };
const ATTACKED_MS = { short: 2_500, full: 30_000 };
/** At most: another program may take the cores during one of the short ones, and an attack that works disturbs all of them. */
const WINDOWS = { short: 3, full: 1 };
const SHOPPERS = 2; // more would fill both cores, and new connections wait for the turns of a full event loop without any attack
const SLOWER = { short: 4, full: 2 }; // a hundred requests have no exact p99
const NOISE_MS = 40; // a p99 of a few ms doubles when any other program gets a core for one time slice
const GATEWAY = "shop-1";

export const slowSockets: Fault = {
  name: "F17",
  title: "500 slow readers, 500 slow writers and 2,000 idle sockets from 50 addresses",
  async run({ cluster, load, dose, note }) {
    // Of its own, so that the connections that are open before the attack are enough for what is sent during it.
    const gateway = new Gateway(GATEWAY, cluster.balancer.gateway(GATEWAY).port);
    load.start(SHOPPERS);
    const before = await bystanders(gateway, CALM_MS[dose]);
    const attack = await RunningAttack.start(`http://127.0.0.1:${gateway.port}`, PLAN);
    note("all sockets are open");
    const calmMs = p99Ms(before);
    const isDelayed = (ms: number) => ms > SLOWER[dose] * calmMs && ms - calmMs > NOISE_MS;
    const during: Probe[] = [];
    const arriving: Probe[] = [];
    let attackedMs = Number.POSITIVE_INFINITY;
    for (let window = 0; window < WINDOWS[dose] && isDelayed(attackedMs); window++) {
      const [others, connecting] = await Promise.all([
        bystanders(gateway, ATTACKED_MS[dose]),
        newcomers(gateway, ATTACKED_MS[dose]),
      ]);
      during.push(...others);
      arriving.push(...connecting);
      attackedMs = Math.min(attackedMs, p99Ms(others));
    }
    const { opened, closed, answered } = await attack.stop();
    await load.stop();
    gateway.close();
    const refused = during.filter(({ status }) => status < 200 || status > 299);
    const checks: Check[] = [
      check(refused.length === 0, `others meanwhile: ${summary(during)}${reasonsOf(refused)}`),
      check(
        !isDelayed(attackedMs),
        `p99 ${Math.round(attackedMs)} ms, ${(attackedMs / calmMs).toFixed(2)} times that without`,
      ),
    ];
    // Not bounded: the sockets that are opened again and again are also a rush of connections, which wait in the kernel.
    checks.push(check(true, `a new connection each: ${summary(arriving)}`));
    if (dose === "short") return checks; // it is over before the first socket has to be closed
    return [
      ...checks,
      check(
        answered > 0 && closed.idle > 0,
        `${answered} slow bodies refused, ${closed.idle} idle sockets closed of ${opened.writers} and ${opened.idle}`,
      ),
    ];
  },
};

/** What the refused were told. */
function reasonsOf(refused: readonly Probe[]): string {
  const reasons = new Set(refused.map(({ body }) => String(body?.detail ?? body?.title)));
  return reasons.size === 0 ? "" : ` (${[...reasons].join(" ")})`;
}

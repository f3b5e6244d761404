import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import type { Cluster } from "../cluster.ts";
import { check, type Fault, type FaultContext, slower } from "../fault.ts";
import { Poisoner } from "../poison.ts";
import { medianMs } from "../probe.ts";
import type { Sample } from "../shoppers.ts";

const WINDOW_MS = { short: 2_000, full: 6_000 };
const ROUNDS = { short: 1, full: 3 }; // of poison, with calm before and after each: what a moment costs differs by the minute
const SLOWER = 1.5;
const GROUPS = ["orders", "inventory", "payments"];

let before: Letters = { count: new Map(), attempts: 0 };
let expected: ReadonlyMap<string, number> = new Map();

/** Dead letters by group, and the largest number of attempts. */
interface Letters {
  count: ReadonlyMap<string, number>;
  attempts: number;
}

export const poisoned: Fault = {
  name: "F11",
  title: "poison: invalid JSON, unknown version, a handler that always throws, 2 % of the flow",
  async run(scene) {
    const { cluster, load, dose, note } = scene;
    before = await lettersOf(cluster);
    load.start();
    await sleep(1_000);
    const poisoner = await Poisoner.start(cluster.nats.url);
    const clean = await settled(scene);
    const dirty: Sample[] = [];
    for (let round = 0; round < ROUNDS[dose]; round++) {
      poisoner.active = true;
      dirty.push(...(await settled(scene)));
      poisoner.active = false;
      note(`${poisoner.sent} poisoned events`);
      clean.push(...(await settled(scene)));
    }
    await poisoner.stop();
    await load.stop();
    expected = poisoner.expected;
    return [
      check(poisoner.sent > 0, `${poisoner.sent} poisoned events`),
      slower("an order paid", medianMs(clean), medianMs(dirty), { atMost: SLOWER, dose }),
    ];
  },
  async afterwards({ cluster, load }) {
    const after = await lettersOf(cluster);
    const found = GROUPS.map((group) => (after.count.get(group) ?? 0) - (before.count.get(group) ?? 0));
    const wanted = GROUPS.map((group) => expected.get(group) ?? 0);
    const discarded = await discardAll(load, cluster);
    return [
      check(
        found.join() === wanted.join(),
        `dead letters ${found.join(", ")} of ${wanted.join(", ")} in ${GROUPS.join(", ")}`,
      ),
      check(after.attempts <= limits.EVENT_ATTEMPTS, `at most ${after.attempts} attempts each`),
      check(discarded, "all discarded by staff over REST"),
    ];
  },
};

/** Orders of the next window, each from `POST /orders` until it was settled. */
async function settled({ load, dose }: FaultContext): Promise<Sample[]> {
  const began = performance.now();
  await sleep(WINDOW_MS[dose]);
  return load.since(began, "order and wait").filter(({ status }) => status === 201);
}

async function lettersOf(cluster: Cluster): Promise<Letters> {
  const count = new Map<string, number>();
  let attempts = 0;
  for (const group of GROUPS) {
    const [row] = await cluster.query<{ count: number; attempts: number }>(
      group,
      "SELECT count(*)::int AS count, coalesce(max(attempts), 0) AS attempts FROM dead_letter",
    );
    count.set(group, row?.count ?? 0);
    attempts = Math.max(attempts, row?.attempts ?? 0);
  }
  return { count, attempts };
}

/** Discards them over REST, as an operator would. */
async function discardAll(load: FaultContext["load"], cluster: Cluster): Promise<boolean> {
  for (const group of GROUPS) {
    const letters = await cluster.query<{ event_id: string }>(
      group,
      "SELECT event_id FROM dead_letter WHERE discarded_at IS NULL",
    );
    for (const { event_id } of letters) {
      const path = `/events/dead-letters/${group}/${encodeURIComponent(event_id)}`;
      const answer = await load.staff.insist("discard", { method: "DELETE", path });
      if (!answer || answer.status >= 300) return false;
    }
  }
  return true;
}

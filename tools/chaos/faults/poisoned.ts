import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../../config/limits.ts";
import type { Cluster } from "../cluster.ts";
import { check, type Fault, type Scene, slower } from "../fault.ts";
import { Poisoner } from "../poison.ts";
import { quantile } from "../quantile.ts";

const WINDOW_MS = { short: 3_000, full: 9_000 };
const SLOWER = 1.5;
const GROUPS = ["orders", "inventory", "payments"];

let before: Letters = { count: new Map(), attempts: 0 };
let expected: ReadonlyMap<string, number> = new Map();

/** Dead letters by group, and the most attempts any took. */
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
    const clean = await settleMs(scene);
    note(`an order is paid in ${Math.round(clean)} ms`);
    const poisoner = await Poisoner.start(cluster.nats.url);
    const dirty = await settleMs(scene);
    await poisoner.stop();
    await load.stop();
    expected = poisoner.expected;
    return [
      check(poisoner.sent > 0, `${poisoner.sent} poisoned events`),
      slower("an order paid", clean, dirty, { atMost: SLOWER, dose }),
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

/** Median time from `POST /orders` to the settled order. */
async function settleMs({ load, dose }: Scene): Promise<number> {
  const began = performance.now();
  await sleep(WINDOW_MS[dose]);
  const samples = load.since(began, "order and wait").filter(({ status }) => status === 201);
  return quantile(
    samples.map(({ ms }) => ms),
    0.5,
  );
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

/** As an operator does who has looked at them. */
async function discardAll(load: Scene["load"], cluster: Cluster): Promise<boolean> {
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

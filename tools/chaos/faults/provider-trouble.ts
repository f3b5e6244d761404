import { setTimeout as sleep } from "node:timers/promises";
import { check, type Fault } from "../fault.ts";

/** How often each kind of call fails on each node: rare calls seldom, otherwise one operation would meet every failure. */
const TIMES = {
  short: { authorize: 8, capture: 8, confirm: 1, void: 1, refund: 1 },
  full: { authorize: 40, capture: 40, confirm: 2, void: 2, refund: 2 },
};
const PHASE_MS = { short: 2_500, full: 8_000 };
const SETTLED_WITHIN_SECONDS = 300;

interface Trouble {
  what: string;
  /** The fail point and the action that produce it. */
  point: string;
  /** Settling takes long: not part of the short dose. */
  long?: boolean;
}

const TROUBLES: readonly Trouble[] = [
  { what: "answers 500, and repeats it for the same key", point: "provider-keeps-failure:throw", long: true },
  { what: "moves the money and loses the answer", point: "after-provider:throw" },
  { what: "does not answer", point: "before-provider:hang", long: true },
  { what: "answers 500, and has done nothing", point: "before-provider:throw" },
];

export const providerTrouble: Fault = {
  name: "F7",
  title: "provider: charged but the answer lost; hang; 500 and a replayed 500",
  finalWithinSeconds: SETTLED_WITHIN_SECONDS,
  async run({ cluster, load, dose, note }) {
    const nodes = [cluster.node("payments-1"), cluster.node("payments-2")];
    load.start();
    for (const { what, point, long } of TROUBLES) {
      if (long && dose === "short") continue;
      const [boundary, action] = point.split(":");
      const FAILPOINT = Object.entries(TIMES[dose])
        .map(([kind, times]) => `payments.${kind}.${boundary}:${action}*${long ? Math.ceil(times / 8) : times}`)
        .join(",");
      note(`the provider ${what}`);
      await Promise.all(nodes.map((node) => node.restart("SIGTERM", { env: { FAILPOINT } })));
      await sleep(PHASE_MS[dose]);
    }
    note("the provider is well again");
    await Promise.all(nodes.map((node) => node.restart("SIGTERM")));
    await load.stop();
    return [];
  },
  async afterwards({ cluster }) {
    const [asked] = await cluster.query<{ late: number; longest: number; again: number; keys: number }>(
      "payments",
      `SELECT count(*) FILTER (WHERE settled_at - created_at > make_interval(secs => $1))::int AS late,
              coalesce(max(extract(epoch FROM settled_at - created_at)), 0)::int AS longest,
              count(*) FILTER (WHERE attempts > 1)::int AS again, count(*) FILTER (WHERE generation > 0)::int AS keys
       FROM operation`,
      [SETTLED_WITHIN_SECONDS],
    );
    return [
      check(
        (asked?.again ?? 0) > 0,
        `${asked?.again} operations had to be asked about, ${asked?.keys} went on under another key`,
      ),
      check(asked?.late === 0, `every operation settled, the last after ${asked?.longest} s`),
    ];
  },
};

import { setTimeout as sleep } from "node:timers/promises";
import { check, type Fault } from "../fault.ts";

const EVERY_MS = 3_000;
const KILLS = { short: 2, full: 8 };

export const randomKills: Fault = {
  name: "F2",
  title: "kill -9 of any node every 3 s under load",
  async run({ cluster, load, random, dose, note }) {
    load.start();
    for (let i = 0; i < KILLS[dose]; i++) {
      await sleep(EVERY_MS);
      const victim = random.of(cluster.nodes);
      note(`kill -9 ${victim.name}`);
      victim.kill();
    }
    await load.stop();
    return [check(true, `${KILLS[dose]} kills`)];
  },
};

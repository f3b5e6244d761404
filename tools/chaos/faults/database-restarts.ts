import { setTimeout as sleep } from "node:timers/promises";
import { check, type Fault } from "../fault.ts";

const RESTARTS = { short: 1, full: 3 };

export const databaseRestarts: Fault = {
  name: "F3",
  title: "Postgres stopped at once every 5 to 10 s, away for up to 2 s",
  async run({ cluster, load, random, dose, note }) {
    const before = cluster.ends.length;
    load.start();
    for (let i = 0; i < RESTARTS[dose]; i++) {
      await sleep(random.between(5_000, 10_000));
      const awayMs = random.between(100, 2_000);
      note(`Postgres is stopped, and started ${awayMs} ms later`);
      await cluster.postgres.crash();
      await sleep(awayMs);
      await cluster.postgres.start();
    }
    await load.stop();
    const ended = cluster.ends.slice(before);
    return [check(ended.length === 0, `${RESTARTS[dose]} restarts; nodes that ended: ${ended.join(", ") || "none"}`)];
  },
};

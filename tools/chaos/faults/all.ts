import type { Fault } from "../fault.ts";
import { brokerOutage } from "./broker-outage.ts";
import { databaseRestarts } from "./database-restarts.ts";
import { flashSale } from "./flash-sale.ts";
import { randomKills } from "./random-kills.ts";
import { redisLost } from "./redis-lost.ts";
import { rollingRestart } from "./rolling-restart.ts";
import { starvedDatabase } from "./starved-database.ts";
import { streamLost } from "./stream-lost.ts";

/** In the order in which they are run. */
export const faults: readonly Fault[] = [
  randomKills,
  databaseRestarts,
  brokerOutage,
  streamLost,
  starvedDatabase,
  flashSale,
  rollingRestart,
  redisLost,
];

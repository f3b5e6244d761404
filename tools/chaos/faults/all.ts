import type { Fault } from "../fault.ts";
import { brokerOutage } from "./broker-outage.ts";
import { cutOff } from "./cut-off.ts";
import { databaseRestarts } from "./database-restarts.ts";
import { deliveredAgain } from "./delivered-again.ts";
import { diskFull } from "./disk-full.ts";
import { killAtFailPoints } from "./fail-points.ts";
import { flashSale } from "./flash-sale.ts";
import { overload } from "./overload.ts";
import { poisoned } from "./poisoned.ts";
import { providerTrouble } from "./provider-trouble.ts";
import { randomKills } from "./random-kills.ts";
import { redisLost } from "./redis-lost.ts";
import { reviewsKilled } from "./reviews-killed.ts";
import { rollingRestart } from "./rolling-restart.ts";
import { slowSockets } from "./slow-sockets.ts";
import { starvedDatabase } from "./starved-database.ts";
import { streamLost } from "./stream-lost.ts";
import { wrongClocks } from "./wrong-clocks.ts";

/** In the order in which they are run. */
export const faults: readonly Fault[] = [
  killAtFailPoints,
  randomKills,
  databaseRestarts,
  deliveredAgain, // before the stream is lost, so that it has events older than the broker's window for duplicates
  brokerOutage,
  streamLost,
  providerTrouble,
  wrongClocks,
  diskFull,
  starvedDatabase,
  poisoned,
  overload,
  slowSockets,
  cutOff,
  flashSale,
  rollingRestart,
  reviewsKilled,
  redisLost,
];

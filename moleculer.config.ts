import type { BrokerOptions } from "moleculer";
import { processEnv } from "./config/env.ts";
import { brokerOptions, exitWith } from "./mixins/broker.ts";
import { armFailPoints, FailPoints } from "./mixins/fail-points.ts";
import { StartupError } from "./mixins/startup-error.ts";
import { allFailPoints } from "./tools/chaos/fail-points.ts";

function options(): BrokerOptions {
  try {
    const env = processEnv();
    if (env.FAILPOINT) armFailPoints(new FailPoints(env.FAILPOINT, allFailPoints()));
    return brokerOptions(env);
  } catch (error) {
    return exitWith(new StartupError(`The settings are not valid. ${(error as Error).message}`));
  }
}

export default options();

import type { BrokerOptions } from "moleculer";
import { processEnv } from "#config/env.ts";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import { allFailPoints } from "#mixins/service/fail-point-list.ts";

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

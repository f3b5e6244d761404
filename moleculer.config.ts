import type { BrokerOptions } from "moleculer";
import { processEnv } from "./config/env.ts";
import { brokerOptions, exitWith } from "./mixins/broker.ts";
import { StartupError } from "./mixins/startup-error.ts";

function options(): BrokerOptions {
  try {
    return brokerOptions(processEnv());
  } catch (error) {
    return exitWith(new StartupError(`The settings are not valid. ${(error as Error).message}`));
  }
}

export default options();

import { processEnv } from "./config/env.ts";
import { brokerOptions } from "./mixins/broker.ts";

export default brokerOptions(processEnv());

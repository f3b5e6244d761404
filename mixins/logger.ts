import type { LoggerConfig } from "moleculer";
import type { Env } from "../config/env.ts";

/** JSON lines in production, readable ones in development; both through pino. */
export function logger(env: Env): LoggerConfig {
  return {
    type: "Pino",
    options: {
      level: env.LOG_LEVEL,
      pino: {
        options: {
          level: env.LOG_LEVEL,
          ...(env.production ? {} : { transport: { target: "pino-pretty", options: { ignore: "pid,hostname,nodeID,ns,svc,ver", messageFormat: "{mod} {msg}", singleLine: true } } }),
        },
      },
    },
  };
}

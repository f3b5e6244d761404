import type { LoggerConfig } from "moleculer";
import type pino from "pino";
import type { Env } from "#config/env.ts";

// Moleculer's own modules log their start and registry in detail. At level info only their warnings are shown.
const QUIET_MODULES = ["BROKER", "REGISTRY", "$NODE", "TRANSIT", "DISCOVERY", "CACHER", "METRICS"];

/**
 * JSON lines in production, readable ones in development; both through pino. Tests start hundreds of brokers and read no
 * logs: they get JSON lines too, because each pino-pretty runs in a thread of its own, whose start costs 0.3 s of CPU.
 */
export function logger(env: Env): LoggerConfig {
  const json = env.production || env.NODE_ENV === "test";
  const quiet = env.LOG_LEVEL === "info" ? QUIET_MODULES.map((name) => [name, "warn"]) : [];
  return {
    type: "Pino",
    options: {
      level: { ...Object.fromEntries(quiet), "**": env.LOG_LEVEL },
      pino: {
        options: { level: env.LOG_LEVEL, hooks: { logMethod: factsFirst }, ...(json ? {} : readable) },
      },
    },
  } as LoggerConfig;
}

const readable = {
  transport: {
    target: "pino-pretty",
    options: {
      ignore: "pid,hostname,nodeID,ns,svc,ver,mod",
      messageFormat: "{mod}: {msg}",
      translateTime: "HH:MM:ss.l",
      singleLine: true,
    },
  },
};

/** Moleculer calls a logger with (message, facts), pino expects (facts, message). */
function factsFirst(this: pino.Logger, args: Parameters<pino.LogFn>, method: pino.LogFn): void {
  const [message, facts] = args as unknown as [unknown, unknown];
  if (typeof message === "string" && typeof facts === "object" && facts !== null) method.call(this, facts, message);
  else method.apply(this, args);
}

import pg from "pg";
import type { BudgetShare } from "./connection-budget.ts";

// Minor units and sequences are bigint in Postgres and stay below 2^53 here; money.ts refuses larger amounts.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Address parts of a Postgres URL, a Unix socket in `?host=` included. */
export function connectionParts(url: string): {
  host: string;
  port: number;
  username: string;
  password: string;
  database: string;
} {
  const parsed = new URL(url);
  return {
    host: parsed.searchParams.get("host") ?? (decodeURIComponent(parsed.hostname) || "127.0.0.1"),
    port: Number(parsed.searchParams.get("port") ?? (parsed.port || 5432)),
    username: decodeURIComponent(parsed.username) || "postgres",
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)) || "postgres",
  };
}

/** The URL of one service's database on a server. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** The same URL with more options for the server session, such as `-c search_path=shop`. Those of the URL stay. */
export function withSessionOptions(url: string, options: string): string {
  const parsed = new URL(url);
  const own = parsed.searchParams.get("options");
  parsed.searchParams.set("options", own ? `${own} ${options}` : options);
  return parsed.href;
}

/**
 * A client whose host has lost its power closes no connection. With these options Postgres notices it after 11 seconds,
 * whether it waits for the client or has sent something that is not confirmed. Otherwise it would keep the client's locks
 * for hours.
 */
export const NOTICE_DEAD_HOSTS =
  "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=11000";

/** What Sequelize would otherwise set in each new session, by statements of their own. */
export const SESSION_DEFAULTS = "-c timezone=UTC -c client_min_messages=warning";

/** Makes Postgres plan a prepared statement once, for any values; see `DatabaseOptions.keepPlans`. */
export const KEEP_PLANS = "-c plan_cache_mode=force_generic_plan";

/**
 * A class of clients that connect to `url`, for Sequelize. Sequelize passes only a part of a URL on: without this class
 * `sslmode` and other parameters would be ignored, and variables such as PGSSLMODE would replace them.
 * @param share is asked before each connection
 */
export function clientFor(url: string, share: BudgetShare): typeof pg.Client {
  return class extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super({ ...(typeof config === "object" ? config : {}), connectionString: url });
      // Sequelize listens for errors only after the client has connected. If the server ends the connection before that,
      // for example because it restarts, the event would end this process. The current statement fails as well.
      this.on("error", () => {});
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: (error: never, client?: never) => void): void;
    override connect(callback?: (error: never, client?: never) => void): Promise<pg.Client> | undefined {
      const connected = share.take().then(() => {
        this.once("end", () => share.give()); // also follows when the connection could not be made
        return super.connect();
      });
      if (!callback) return connected;
      connected.then(
        () => callback(null as never),
        (error: unknown) => callback(error as never),
      );
      return undefined;
    }
  };
}

import pg from "pg";

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

/**
 * A host that lost its power says nothing. Postgres must notice by itself, or what its connections hold stays theirs for
 * hours: 11 seconds without a sign of life, whether it waits for one or has said something that nobody confirms.
 */
export const NOTICE_DEAD_HOSTS =
  "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=11000";

// Services find their rows by key. But plans are kept, and one made while a table was a page long reads it from end to
// end; in a rush it would do so until the next ANALYZE, a minute and 100,000 orders later. Where no index helps,
// Postgres still scans.
export const SETTINGS = `-c enable_seqscan=off -c plan_cache_mode=force_generic_plan ${NOTICE_DEAD_HOSTS}`;

/**
 * Sequelize listens for a connection's errors only once it is connected. A server that ends the connection in the same
 * breath, at a restart for instance, would end this process with it.
 */
export class HeardClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on("error", () => {}); // whoever uses the connection hears of it from their statement
  }
}

import { join } from "node:path";
import pg from "pg";
import { limits } from "#config/limits.ts";
import { type DataPlace, nameOf } from "#lib/sql/data-place.ts";
import { migrate } from "#lib/sql/migrations.ts";
import type { Queryable } from "#lib/sql/transaction.ts";

const CONNECTIONS = 4; // a statement serves many requests, so a few are enough
const TABLES = join(import.meta.dirname, "migrations");

/** The books of the test provider. */
export interface Books extends Queryable {
  close(): Promise<void>;
}

/** Where they are: a database of their own, on the server of payments. */
export function booksPlace(payments: DataPlace): DataPlace {
  const url = new URL(payments.database);
  url.pathname = `/${nameOf(payments)}_provider`;
  url.searchParams.delete("options"); // those of a service's sessions
  return { database: url.href };
}

/**
 * The books stand for the records of another company: payments never reads them, and a request has a transaction of its
 * own, on connections that are not those of payments. They are made when the first request needs them. While their
 * server is away requests fail, and the next one tries again.
 */
export function openBooks(place: DataPlace): Books {
  const names = new Map<string, string>();
  let opening: Promise<pg.Pool> | undefined;
  const pool = () => {
    opening ??= open(place).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
      const name = names.get(text) ?? `provider-${names.size}`;
      names.set(text, name);
      return (await (await pool()).query({ name, text, values: [...values] })).rows as Row[];
    },
    close: async () => (await opening?.catch(() => undefined))?.end(),
  };
}

async function open(place: DataPlace): Promise<pg.Pool> {
  await migrate(place, TABLES, { platform: false });
  const pool = new pg.Pool({
    connectionString: place.database,
    max: CONNECTIONS,
    application_name: "test-provider",
    statement_timeout: limits.STATEMENT_TIMEOUT_MS,
    query_timeout: limits.QUERY_TIMEOUT_MS,
    connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on("error", () => {}); // an idle connection has ended; the next request opens another one
  return pool;
}

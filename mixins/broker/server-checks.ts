import { connect as connectTcp } from "node:net";
import pg from "pg";
import { limits } from "#config/limits.ts";
import { StartupError } from "#lib/startup-error.ts";

const NATS_PORT = 4222;

/** @throws StartupError when no Postgres answers at `url` */
export async function assertPostgresAnswers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
    await client.query("SELECT 1");
  } catch (error) {
    throw noAnswer("Postgres", url, error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * @param urls of the servers of one cluster, separated by commas; the first one is checked
 * @throws StartupError when nothing listens there
 */
export async function assertNatsListens(urls: string): Promise<void> {
  const url = urls.split(",")[0] ?? "";
  const { hostname: host, port } = new URL(url.includes("://") ? url : `nats://${url}`);
  await new Promise<void>((resolve, reject) => {
    const socket = connectTcp({ host, port: Number(port || NATS_PORT), timeout: limits.CONNECT_TIMEOUT_MS });
    const fail = (reason: unknown) => {
      socket.destroy();
      reject(noAnswer("NATS", url, reason));
    };
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => fail("timed out"));
    socket.once("error", fail);
  });
}

function noAnswer(server: string, url: string, reason: unknown): StartupError {
  const text = (reason instanceof Error && reason.message) || String(reason);
  return new StartupError(`${server} does not answer at ${withoutPassword(url)}: ${text}`);
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@/]*@/, "//$1:***@");
}

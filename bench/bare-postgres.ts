/**
 * The limit of writes: commits and upserts without a shop around them, through the same driver on a Postgres that is
 * started and set up the way the shop's own is, on the same disk. Its only argument is the folder for its data.
 */
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import { runWindow, type Window } from "./window.ts";
import { answerJobs } from "./worker.ts";

/** What a row of an order and its events come to, roughly. */
const ROW_BYTES = 500;
/** What a row of an entry, its lines and its inbox comes to, roughly. */
const LINE_BYTES = 120;

export type BarePostgresJob =
  /** One row, one commit, on one connection per client. */
  | { kind: "commits"; seconds: number; clients: number }
  /** Upserts of `rows` rows a statement, each in a commit, one after the other. */
  | { kind: "upserts"; seconds: number; rows: number }
  /** New rows, `units` times `rowsOfEach` in a statement, each in a commit, one after the other. */
  | { kind: "inserts"; seconds: number; units: number; rowsOfEach: number };

let server: Promise<EmbeddedPostgres> | undefined;

async function work(job: BarePostgresJob): Promise<Window> {
  server ??= startWithTables();
  const { url } = await server;
  const connections = await Promise.all(
    Array.from({ length: job.kind === "commits" ? job.clients : 1 }, () => connect(url)),
  );
  try {
    if (job.kind === "commits") return await commits(connections, job.seconds);
    return job.kind === "upserts" ? await upserts(connections, job) : await inserts(connections, job);
  } finally {
    await Promise.all(connections.map((connection) => connection.end()));
  }
}

async function startWithTables(): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? "", log: () => {} });
  const connection = await connect(postgres.url);
  await connection.query("CREATE TABLE bare_row (id bigserial PRIMARY KEY, payload text NOT NULL)");
  await connection.query("CREATE TABLE bare_line (id bigserial PRIMARY KEY, payload text NOT NULL)");
  await connection.query("CREATE TABLE bare_price (sku text PRIMARY KEY, amount bigint NOT NULL)");
  await connection.end();
  return postgres;
}

async function connect(url: string): Promise<pg.Client> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  return connection;
}

function commits(connections: readonly pg.Client[], seconds: number): Promise<Window> {
  const query = {
    name: "bare-commit",
    text: "INSERT INTO bare_row (payload) VALUES ($1)",
    values: ["x".repeat(ROW_BYTES)],
  };
  return runWindow(connections.length, seconds, async (client) => {
    await connections[client]?.query(query);
    return 1;
  });
}

function inserts(
  [connection]: readonly pg.Client[],
  { seconds, units, rowsOfEach }: { seconds: number; units: number; rowsOfEach: number },
) {
  const text = "INSERT INTO bare_line (payload) SELECT unnest($1::text[])";
  const payloads = Array.from({ length: units * rowsOfEach }, () => "x".repeat(LINE_BYTES));
  return runWindow(1, seconds, async () => {
    await connection?.query({ name: "bare-insert", text, values: [payloads] });
    return units;
  });
}

function upserts([connection]: readonly pg.Client[], { seconds, rows }: { seconds: number; rows: number }) {
  const skus = Array.from({ length: rows }, (_, at) => `sku-${at}`);
  const text = `INSERT INTO bare_price (sku, amount) SELECT * FROM unnest($1::text[], $2::bigint[])
    ON CONFLICT (sku) DO UPDATE SET amount = EXCLUDED.amount`;
  let amount = 0;
  return runWindow(1, seconds, async () => {
    amount += 1;
    await connection?.query({ name: "bare-upsert", text, values: [skus, skus.map(() => amount)] });
    return rows;
  });
}

answerJobs(work, async () => (await server)?.stop());

// The five steps of an order as a workflow of DBOS, asked for over HTTP. Each step is one small write in the same
// Postgres. It runs in the folder into which DBOS was installed.
import { createServer } from "node:http";
import { DBOS } from "@dbos-inc/dbos-sdk";
import pg from "pg";

const { PEER_PORT, PEER_DATABASE_URL, PEER_POOL } = process.env;
const pool = new pg.Pool({ connectionString: PEER_DATABASE_URL, max: Number(PEER_POOL) });

const STEPS = {
  reserve: "INSERT INTO reservation (order_id, sku, quantity, state) VALUES ($1, 'SKU-1', 1, 'reserved')",
  authorise: "INSERT INTO payment (order_id, amount, state) VALUES ($1, 1999, 'authorised')",
  confirm: "UPDATE placed_order SET state = 'confirmed' WHERE order_id = $1",
  capture: "UPDATE payment SET state = 'captured' WHERE order_id = $1",
  commit: "UPDATE reservation SET state = 'taken' WHERE order_id = $1",
};

async function placeOrder(orderId) {
  for (const [name, text] of Object.entries(STEPS)) {
    await DBOS.runStep(
      async () => {
        await pool.query({ name, text, values: [orderId] });
      },
      { name },
    );
  }
}

const placeOrderWorkflow = DBOS.registerWorkflow(placeOrder, { name: "placeOrder" });

await pool.query("CREATE TABLE IF NOT EXISTS placed_order (order_id text PRIMARY KEY, state text NOT NULL)");
await pool.query(
  "CREATE TABLE IF NOT EXISTS reservation (order_id text PRIMARY KEY, sku text NOT NULL, quantity int NOT NULL, state text NOT NULL)",
);
await pool.query(
  "CREATE TABLE IF NOT EXISTS payment (order_id text PRIMARY KEY, amount bigint NOT NULL, state text NOT NULL)",
);

DBOS.setConfig({
  name: "tradepost-peer",
  applicationVersion: "1",
  systemDatabaseUrl: PEER_DATABASE_URL,
  systemDatabasePoolSize: Number(PEER_POOL),
  logLevel: "error",
});
await DBOS.launch();

createServer((request, response) => {
  request.resume();
  buy().then(
    (orderId) => response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ orderId })),
    (error) =>
      response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ error: String(error) })),
  );
}).listen(Number(PEER_PORT), "127.0.0.1", () => console.log("peer ready"));

async function buy() {
  const orderId = crypto.randomUUID();
  await pool.query({
    name: "place",
    text: "INSERT INTO placed_order (order_id, state) VALUES ($1, 'placed')",
    values: [orderId],
  });
  await placeOrderWorkflow(orderId);
  return orderId;
}

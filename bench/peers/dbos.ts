import { freePort, install, NODE, pinnedVersion, run, startPostgres } from "./program.ts";
import type { System } from "./system.ts";

const START_MS = 60_000;
/** Connections of each of its two pools: more than clients, so that nobody waits for one. */
const POOL = 40;

/** Not a shop, but an engine for durable execution: what five steps cost when each is recorded. */
export const dbos: System = {
  name: "dbos",
  title: "DBOS",
  version: () => pinnedVersion("dbos", "@dbos-inc/dbos-sdk"),
  async start({ installed, data }) {
    await install("dbos", installed, ["server.mjs"]);
    const { server, url: databaseUrl, pid } = await startPostgres(data, "dbos");
    const port = await freePort();
    const program = run([NODE, "server.mjs"], installed, {
      NODE_ENV: "production",
      PEER_PORT: String(port),
      PEER_DATABASE_URL: databaseUrl,
      PEER_POOL: String(POOL),
    });
    const stop = async (): Promise<void> => {
      await program.stop();
      await server.stop();
    };
    try {
      await program.wrote(/^peer ready$/, START_MS);
    } catch (error) {
      await stop();
      throw error;
    }
    return {
      shop: async () => ({ system: "dbos", url: `http://127.0.0.1:${port}`, tokens: [], goods: [] }),
      pids: { application: program.pid, postgres: pid },
      stop,
    };
  },
};

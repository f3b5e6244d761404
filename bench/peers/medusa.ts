import { join } from "node:path";
import { fillMedusa } from "./medusa-shop.ts";
import { freePort, install, NODE, pinnedVersion, run, startPostgres } from "./program.ts";
import type { System } from "./system.ts";

const MIGRATE_MS = 600_000; // some thirty seconds where nothing else runs
const START_MS = 300_000;
const STAFF = { email: "admin@peer.example", password: "peer-admin-password-1" };

export const medusa: System = {
  name: "medusa",
  title: "Medusa",
  version: () => pinnedVersion("medusa", "@medusajs/medusa"),
  async start({ installed, data }) {
    await install("medusa", installed, ["medusa-config.js"]);
    const { server, url: databaseUrl, pid } = await startPostgres(data, "medusa");
    const port = await freePort();
    const medusaCli = (args: string[]) =>
      run([NODE, join(installed, "node_modules/@medusajs/cli/cli.js"), ...args], installed, {
        NODE_ENV: "production",
        LOG_LEVEL: "warn",
        MEDUSA_DISABLE_TELEMETRY: "true",
        PEER_DATABASE_URL: databaseUrl,
        PORT: String(port),
      });
    let stop = (): Promise<void> => server.stop();
    try {
      await medusaCli(["db:migrate"]).ended(MIGRATE_MS);
      await medusaCli(["user", "--email", STAFF.email, "--password", STAFF.password]).ended(START_MS);
      const program = medusaCli(["start", "--port", String(port)]);
      stop = async () => {
        await program.stop();
        await server.stop();
      };
      const url = `http://127.0.0.1:${port}`;
      const filled = await fillMedusa(url, STAFF, START_MS);
      return {
        shop: async (clients) => ({
          system: "medusa",
          url,
          goods: filled.variantIds,
          regionId: filled.regionId,
          headers: filled.headers,
          tokens: filled.tokens.slice(0, clients),
        }),
        pids: { application: program.pid, postgres: pid },
        stop,
      };
    } catch (error) {
      await stop();
      throw error;
    }
  },
};

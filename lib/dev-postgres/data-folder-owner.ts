import { rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { StartupError } from "#lib/startup-error.ts";
import { type Installation, notWritable } from "./installation.ts";

const ANSWER_MS = 1_000;

/**
 * Makes this process the only user of a data folder until the returned server is closed. It listens on a socket that
 * answers with the id of this process. A file with that id was rejected: after a crash, or in another container, the id
 * may belong to a different process. A socket on which nobody listens has no owner.
 * @throws StartupError when another process uses the folder
 */
export async function takeOwnership({ sockets, dataDir }: Installation): Promise<Server> {
  const path = join(sockets, "owner.sock");
  for (let attempt = 1; ; attempt++) {
    const server = createServer((client) => client.on("error", () => {}).end(String(process.pid)));
    try {
      await new Promise<void>((listening, failed) => server.once("error", failed).listen(path, listening));
      return server.unref();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw notWritable(dataDir, error);
      const owner = await readOwner(path);
      if (owner !== undefined || attempt > 1) {
        throw new StartupError(
          `The data folder ${dataDir} is in use by process ${owner || "unknown"}: stop it, or set DATA_DIR to another folder.`,
        );
      }
      await rm(path, { force: true });
    }
  }
}

/** What the listener of a socket writes before it closes the connection; undefined when nobody listens. */
function readOwner(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(path)
      .setTimeout(ANSWER_MS, () => socket.destroy())
      .on("data", (chunk) => {
        text += chunk;
      })
      .on("error", (error: NodeJS.ErrnoException) =>
        resolve(error.code === "ECONNREFUSED" || error.code === "ENOENT" ? undefined : text),
      )
      .on("close", () => resolve(text));
  });
}

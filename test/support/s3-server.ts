import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Server {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}

/** It has no types of its own. */
const S3rver = createRequire(import.meta.url)("@20minutes/s3rver") as new (options: object) => Server;

/** A server with the API of S3, and the settings of a shop that keeps its images there. */
export async function startS3() {
  const directory = await mkdtemp(join(tmpdir(), "s3-"));
  const bucket = "images";
  const server = new S3rver({
    ...{ address: "127.0.0.1", port: 0, silent: true, directory },
    // It computes the signature of a list otherwise than the SDK.
    ...{ vhostBuckets: false, configureBuckets: [{ name: bucket }], allowMismatchedSignatures: true },
  });
  const { port } = await server.run();
  return {
    settings: {
      MEDIA_STORAGE: "s3",
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY_ID: "S3RVER",
      S3_SECRET_ACCESS_KEY: "S3RVER",
    },
    async stop() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

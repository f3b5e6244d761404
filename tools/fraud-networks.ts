// npm run fraud:networks
// Makes the list of networks in which servers stand, and of VPNs and proxies, from the list of all networks. That one is
// 62 MB and changes daily, so it is no dependency: it is fetched for this, and only what the service needs is kept.
import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { constants, gzipSync } from "node:zlib";
import { classifyNetwork } from "#services/commerce/fraud/domain/networks.ts";

const SOURCE = "@ip-location-db/asn@2";
const FILES = ["asn-ipv4.csv", "asn-ipv6.csv"];
const TARGET = resolve(import.meta.dirname, "../services/commerce/fraud/data/networks.csv.gz");

const run = promisify(execFile);
const dir = await mkdtemp(join(tmpdir(), "fraud-networks-"));
try {
  await run("npm", ["pack", SOURCE, "--pack-destination", dir, "--silent"], { cwd: dir });
  await run("sh", ["-c", "tar xzf ./*.tgz"], { cwd: dir });
  const kept: string[] = [];
  for (const file of FILES) {
    const lines = createInterface({ input: createReadStream(join(dir, "package", file)) });
    for await (const line of lines) {
      const [, first, last, name = ""] = /^([^,]+),([^,]+),\d+,(.*)$/.exec(line) ?? [];
      if (classifyNetwork(name.replace(/^"|"$/g, ""))) kept.push(`${first},${last},${name}`);
    }
  }
  const packed = gzipSync(`${kept.join("\n")}\n`, { level: constants.Z_BEST_COMPRESSION });
  await writeFile(TARGET, packed);
  console.log(`${kept.length} ranges, ${packed.length} bytes: ${TARGET}`);
} finally {
  await rm(dir, { recursive: true });
}

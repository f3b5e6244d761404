import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { postgresUrl } from "#test/support/servers.ts";

const ROOT = join(import.meta.dirname, "../..");
const COPIED = [
  ".gitignore",
  "biome.json",
  "config",
  "jest.config.js",
  "lib",
  "mixins",
  "package.json",
  "services",
  "test/support",
  "tools",
  "tsconfig.json",
];
const FILES = 5;
const LINES = 120;

/** A path in the text of docs/adding-a-service.md, and the block that follows it. */
const DOCUMENTED = /^`([\w./-]+)`\n\n```(?:ts|sql)\n(.*?)^```$/gms;

const GENERATED = [
  { domain: "product", service: "guides" },
  { domain: "post-purchase", service: "very-long-names-of-gift-cards" },
];

describe("npm run new:service", () => {
  let copy: string; // of the project, so that no other test meets the new services

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), "new-service-"));
    for (const path of COPIED) await cp(join(ROOT, path), join(copy, path), { recursive: true });
    await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
    for (const { domain, service } of GENERATED) await generate(`${domain}/${service}`);
  });
  afterAll(() => rm(copy, { recursive: true, force: true }));

  function run(program: string, args: readonly string[]) {
    const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
    const env = { PATH, HOME, NODE_COMPILE_CACHE, DATABASE_URL: postgresUrl() };
    return promisify(execFile)(program, args, { cwd: copy, env }).catch((error: { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}${error.stderr}`);
    });
  }
  const generate = (...args: string[]) => run(process.execPath, ["tools/new-service.ts", ...args]);

  test.each(GENERATED)("writes $service in few files and lines", async ({ domain, service }) => {
    const folders = [join(copy, "services", domain, service), join(copy, "test/service", service)];
    let [files, lines] = [0, 0];
    for (const folder of folders) {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        files += 1;
        lines += (await readFile(join(entry.parentPath, entry.name), "utf8")).split("\n").length - 1;
      }
    }
    expect(files).toBe(FILES);
    expect(lines).toBeLessThanOrEqual(LINES);
  });

  test("writes code that the compiler and the linter accept", async () => {
    const include = GENERATED.flatMap(({ domain, service }) => [
      `services/${domain}/${service}`,
      `test/service/${service}`,
    ]);
    const all = [...include, "services/*/*/contract.ts"]; // without them the compiler knows no names of actions
    await writeFile(join(copy, "tsconfig.new.json"), JSON.stringify({ extends: "./tsconfig.json", include: all }));
    await run("node_modules/.bin/tsc", ["-p", "tsconfig.new.json"]);
    await run("node_modules/.bin/biome", ["check", ...include]);
  });

  test("can be extended as the documentation says", async () => {
    const text = await readFile(join(ROOT, "docs/adding-a-service.md"), "utf8");
    const blocks = [...text.matchAll(DOCUMENTED)].map(([, path, code]) => ({ path: String(path), code: String(code) }));
    expect(blocks.length).toBe([...text.matchAll(/^```(ts|sql)$/gm)].length);
    for (const { path, code } of blocks) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await writeFile(join(copy, path), code);
    }
    await run("node_modules/.bin/tsc", ["-p", "tsconfig.new.json"]);
    await run("node_modules/.bin/biome", ["check", "services/product/guides"]);
  });

  test("writes tests that pass", async () => {
    const jest = ["node_modules/jest/bin/jest.js", "-i", "--selectProjects", "service"];
    const { stderr } = await run(process.execPath, jest);
    expect(stderr).toMatch(new RegExp(`Tests: +${GENERATED.length} passed, ${GENERATED.length} total`));
  });

  test.each([
    ["product/orders", "services/commerce/orders exists already. Choose another name.\n"],
    ["identity/preferences", /^services\/identity\/customers has the route .*preferences\. Choose another name\.\n$/],
    ["product/products", "Another service has ids of the kind product. Choose another name.\n"],
  ])("refuses %s with one line", async (name, message) => {
    const refused = await generate(name).catch((error: Error) => error.message);
    if (typeof message === "string") expect(refused).toBe(message);
    else expect(refused).toMatch(message);
  });
});

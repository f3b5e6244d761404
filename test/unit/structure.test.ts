import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");
const PRODUCTION = ["config", "lib", "mixins", "services", "tools", "bench"];
const MOST_LINES = 300;
const MOST_LINES_OF_A_SERVICE_FILE = 80;

const files = PRODUCTION.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT }));
const lineCount = (file: string) => readFileSync(join(ROOT, file), "utf8").split("\n").length - 1;

test("no file of production code or tools is longer than 300 lines", () => {
  expect(files.length).toBeGreaterThan(200);
  expect(files.filter((file) => lineCount(file) > MOST_LINES)).toEqual([]);
});

test("a service's table of contents fits a screen", () => {
  const contents = files.filter((file) => file.endsWith(".service.ts"));
  expect(contents.length).toBeGreaterThan(10);
  expect(contents.filter((file) => lineCount(file) > MOST_LINES_OF_A_SERVICE_FILE)).toEqual([]);
});

import { expect, test } from "@jest/globals";
import { SampledLog } from "#lib/sampled-log.ts";

test("at most so many lines a minute are written, and the next minute's first line says how many were left out", () => {
  let now = 0;
  const written: unknown[] = [];
  const write = (message: string, facts?: object) => void written.push([message, facts]);
  const log = new SampledLog({ info: write, warn: write }, 2, () => now);
  for (let n = 0; n < 5; n++) log.warn("refused", { n });
  expect(written).toEqual([
    ["refused", { n: 0 }],
    ["refused", { n: 1 }],
  ]);
  now = 60_000;
  log.info("failed", { n: 5 });
  log.info("failed", { n: 6 });
  expect(written.slice(2)).toEqual([
    ["failed", { n: 5, leftOutBefore: 3 }],
    ["failed", { n: 6 }],
  ]);
});

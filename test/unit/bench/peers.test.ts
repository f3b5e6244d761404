import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { UsageError } from "#bench/options.ts";
import { cpuMsBelow, parseProcessTime } from "#bench/peers/cpu.ts";
import { parsePeerOptions } from "#bench/peers/options.ts";
import { type CountedWindow, type PeerResults, peerFigure } from "#bench/peers/results.ts";
import { shownFiles } from "#bench/peers/show-files.ts";
import { fullTable, measuredPicture, measuredText, replaceBetween } from "#bench/peers/summary.ts";

const windowOf = (done: number, more: Partial<CountedWindow> = {}): CountedWindow => ({
  done,
  seconds: 10,
  durationsMs: [5],
  cpuSeconds: 0,
  failures: 0,
  applicationCpuMs: 100,
  postgresCpuMs: 50,
  ...more,
});

test("a figure is the median of its windows, its CPU that of one order", () => {
  const windows = [windowOf(10), windowOf(50, { failures: 2, failure: "no stock" }), windowOf(20)];
  expect(peerFigure(8, windows)).toEqual({
    clients: 8,
    perSecond: 2,
    windows: [1, 5, 2],
    p50Ms: 5,
    p95Ms: 5,
    p99Ms: 5,
    applicationCpuMs: 5,
    postgresCpuMs: 2.5,
    failures: 2,
    failure: "no stock",
  });
});

test("a window in which nothing was bought costs nothing that could be divided", () => {
  expect(peerFigure(1, [windowOf(0), windowOf(0)])).toMatchObject({ perSecond: 0, applicationCpuMs: 0 });
});

test("the CPU of a process includes that of its children which have ended", () => {
  const line = "4321 (npm (start) 1) S 4320 4321 4321 0 -1 4194304 500 0 0 0 12 30 5 3 20 0 11 0 999 0 0";
  expect(parseProcessTime(line)).toEqual({ id: 4_321, parent: 4_320, cpuMs: 500 });
});

test("counts a process and all below it, whatever their ids are, and nobody else", () => {
  const processes = [
    { id: 5, parent: 9, cpuMs: 1 },
    { id: 9, parent: 20, cpuMs: 10 },
    { id: 20, parent: 1, cpuMs: 100 },
    { id: 21, parent: 1, cpuMs: 1_000 },
  ];
  expect(cpuMsBelow(20, processes)).toBe(111);
});

test("options", () => {
  const all = parsePeerOptions([]);
  expect(all).toMatchObject({ systems: ["tradepost", "vendure", "medusa", "dbos"], clients: [1, 8, 32], write: true });
  expect(parsePeerOptions(["--only", "dbos", "--clients", "4"])).toMatchObject({
    systems: ["dbos"],
    clients: [4],
    write: false,
  });
  expect(parsePeerOptions(["--dry"]).write).toBe(false);
  for (const wrong of [["--only", "magento"], ["--clients", "1,33"], ["--clients", ""], ["--seconds", "0"], ["x"]]) {
    expect(() => parsePeerOptions(wrong)).toThrow(UsageError);
  }
});

const figure = (clients: number, perSecond: number) => ({
  ...peerFigure(clients, [windowOf(perSecond * 10)]),
});
const results: PeerResults = {
  date: "2026-01-02T03:04:05.678Z",
  commit: "abc",
  machine: { cpu: "some", cores: 2, memoryGiB: 8, system: "linux", node: "v24" },
  setup: { seconds: 10, windows: 1, clients: [1, 8] },
  systems: [
    { name: "tradepost", title: "Tradepost", version: "0.1.0", figures: [figure(1, 50), figure(8, 100)], misses: [] },
    {
      name: "medusa",
      title: "Medusa",
      version: "2.0",
      figures: [figure(1, 1.25)],
      misses: [{ clients: 8, error: "no answer" }],
    },
    { name: "dbos", title: "DBOS", version: "5.0", figures: [figure(8, 250)], misses: [] },
  ],
  also: [{ says: "pages read", perSecond: 10_871.7, p95Ms: 8.16 }],
};

test("the table shows what was measured, a dash for what was not, and how large a shop may be", () => {
  const lines = measuredText(results).split("\n");
  const cells = (line = "") => line.split("|").map((cell) => cell.trim());
  expect(cells(lines[2])).toEqual(["", "Tradepost 0.1.0", "50", "100", "0.2 ms", "600,000 orders a day", ""]);
  expect(cells(lines[3])).toEqual(["", "Medusa 2.0", "1.3", "–", "12 ms", "7,500 orders a day", ""]);
  expect(cells(lines[4]).slice(2, 4)).toEqual(["–", "250"]);
  expect(cells(lines[4])[5]).toBe(""); // not a shop
  expect(cells(lines.at(-1))).toEqual(["", "pages read", "10,872", "8.2 ms", ""]);
  expect(lines.some((line) => line.startsWith("The five steps alone"))).toBe(true);
  expect(measuredText({ ...results, systems: results.systems.slice(0, 2) })).not.toContain("five steps");
  expect(lines).toContain("That is, by the number of shoppers, beside Medusa 40 times at 1.");
});

test("the picture and the full table have what could not be measured, too", () => {
  expect(measuredPicture(results)).toContain("8 shoppers at once: Tradepost 100, Medusa 2.0 not measured");
  expect(fullTable(results)).toContain("Not measured: Medusa 2.0; clients: 8: no answer");
});

test("what stands between two lines is replaced, and nothing else", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (before, old, after) => {
      const text = `${before}<a>${old}<b>${after}`;
      fc.pre(!before.includes("<a>") && !old.includes("<b>"));
      const replaced = replaceBetween(text, "<a>", "<b>", "new $& text");
      expect(replaced).toBe(`${before}<a>\n\nnew $& text\n\n<b>${after}`);
      expect(replaceBetween(replaced, "<a>", "<b>", "new $& text")).toBe(replaced);
    }),
  );
  expect(() => replaceBetween("no place", "<a>", "<b>", "")).toThrow("no place");
});

test("README and the picture show the results that are in the repository: npm run bench:show", async () => {
  for (const { path, text } of await shownFiles()) expect(await readFile(path, "utf8")).toBe(text);
});

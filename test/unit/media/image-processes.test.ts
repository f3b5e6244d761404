import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ImageProcesses } from "#services/product/media/images/image-processes.ts";

const STARTED = "child_process";
const WORK = { kind: "draw", svg: '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' } as const;
const TIMEOUT_MS = 30_000;

let started: ChildProcess[];
let processes: ImageProcesses;
const note = (message: unknown) => started.push((message as { process: ChildProcess }).process);

beforeEach(() => {
  started = [];
  processes = new ImageProcesses();
  subscribe(STARTED, note);
});
afterEach(() => {
  unsubscribe(STARTED, note);
  processes.close();
});

test("an idle process is used again, but not one that has ended meanwhile", async () => {
  for (let i = 0; i < 2; i++) expect(await processes.run(WORK, TIMEOUT_MS)).toMatchObject({ kind: "made" });
  expect(started).toHaveLength(1);
  const [idle] = started as [ChildProcess];
  const ended = once(idle, "close");
  idle.kill("SIGKILL");
  await ended;
  expect(await processes.run(WORK, TIMEOUT_MS)).toMatchObject({ kind: "made", width: 9 });
  expect(started).toHaveLength(2);
});

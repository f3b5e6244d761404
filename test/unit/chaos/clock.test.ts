import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "@jest/globals";

const CLOCK = join(import.meta.dirname, "../../../tools/chaos/clock.ts");
const MINUTE_MS = 60_000;
const A_WHILE_MS = 20_000;

// Says what it believes the time is, and what it knows by other means, before and after a jump.
const WATCH = `
  const say = () => console.log(JSON.stringify({
    static: Date.now(), made: new Date().getTime(), text: Date.parse(Date()), given: new Date(86400000).toISOString(),
    steady: performance.timeOrigin + performance.now(), isDate: new Date() instanceof Date,
  }));
  say();
  const since = performance.now();
  setTimeout(() => console.log(performance.now() - since), 50);
  setTimeout(() => {}, 10_000); // a signal keeps nobody waiting
  process.on("SIGUSR2", () => { say(); process.exit(0); });
`;

test("a process believes that it is ten minutes later, then that it is twenty minutes earlier; timers do not", async () => {
  const child = spawn(process.execPath, ["--no-warnings", "--import", CLOCK, "-e", WATCH], {
    env: { CLOCK_OFFSET_MS: String(10 * MINUTE_MS), CLOCK_JUMP_MS: String(-20 * MINUTE_MS) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const said = createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    if (lines.length === 2) child.kill("SIGUSR2");
  });
  await once(said, "close");
  const [before, waited, after] = lines.map((line) => JSON.parse(line));
  for (const [belief, offsetMs] of [
    [before, 10 * MINUTE_MS],
    [after, -10 * MINUTE_MS],
  ]) {
    for (const clock of ["static", "made", "text"]) {
      expect(Math.abs(belief[clock] - offsetMs - Date.now())).toBeLessThan(A_WHILE_MS);
    }
    expect(Math.abs(belief.steady - Date.now())).toBeLessThan(A_WHILE_MS);
    expect(belief).toMatchObject({ given: "1970-01-02T00:00:00.000Z", isDate: true });
  }
  expect(waited).toBeGreaterThanOrEqual(49);
  expect(waited).toBeLessThan(A_WHILE_MS);
});

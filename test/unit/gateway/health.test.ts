import { describe, expect, test } from "@jest/globals";
import { readiness } from "#services/platform/gateway/health.ts";

const well = { missing: [], complete: true, leaving: false, cutOff: false };

describe("a gateway is", () => {
  test.each([
    ["ready with all there is", well, "ready"],
    ["waiting until it has seen all of them", { ...well, complete: false, missing: ["payments"] }, "waiting"],
    ["degraded when some are away: they are away for every gateway", { ...well, missing: ["orders"] }, "degraded"],
    ["degraded when cut off, and it can sell", { ...well, cutOff: true, missing: ["inventory"] }, "degraded"],
    ["waiting when cut off, and it cannot", { ...well, cutOff: true, missing: ["pricing", "inventory"] }, "waiting"],
    ["leaving when it is about to stop, whatever it has", { ...well, leaving: true }, "leaving"],
  ] as const)("%s", (_, surroundings, expected) => {
    expect(readiness(surroundings)).toBe(expected);
  });
});

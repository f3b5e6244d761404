import { describe, expect, test } from "@jest/globals";
import { readiness } from "#services/platform/gateway/health.ts";

const orders = { name: "orders", essential: true };
const payments = { name: "payments", essential: false };
const healthy = { missing: [], complete: true, leaving: false, disconnected: false };

describe("a gateway is", () => {
  test.each([
    ["ready when every service is there", healthy, "ready"],
    ["waiting until it has seen every service once", { ...healthy, complete: false, missing: [payments] }, "waiting"],
    [
      "degraded when an essential service is away, because it is away for every gateway",
      { ...healthy, missing: [orders] },
      "degraded",
    ],
    [
      "degraded when it is cut off but reaches all essential services",
      { ...healthy, disconnected: true, missing: [payments] },
      "degraded",
    ],
    [
      "waiting when it is cut off from an essential service",
      { ...healthy, disconnected: true, missing: [orders, payments] },
      "waiting",
    ],
    ["leaving when it is about to stop, whichever services are there", { ...healthy, leaving: true }, "leaving"],
  ] as const)("%s", (_, surroundings, expected) => {
    expect(readiness(surroundings)).toBe(expected);
  });
});

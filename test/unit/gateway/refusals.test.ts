import { expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { gatewayLimits } from "#services/platform/gateway/domain/limits.ts";
import { Refusals } from "#services/platform/gateway/overload/refusals.ts";

test("each refusal is counted in metrics, and each kind is logged once in an interval, with the number", () => {
  const counted: string[] = [];
  const lines: object[] = [];
  const metrics = {
    register: () => undefined,
    increment: (name: string, { reason }: { reason: string }) => counted.push(`${name} ${reason}`),
  } as unknown as ServiceBroker["metrics"];
  const refusals = new Refusals({ metrics }, { warn: (_, facts) => lines.push(facts) });
  const began = 1_000;
  for (let i = 0; i < 300; i++) refusals.count("body_slow", `10.0.0.${i % 3}`);
  refusals.flush(began);
  for (let i = 0; i < 200; i++) refusals.count("body_slow", "10.0.0.9");
  refusals.count("busy");
  refusals.flush(began + 1_000);
  refusals.flush(began + 2_000);
  refusals.flush(began + gatewayLimits.REFUSALS_LOG_MS);
  refusals.flush(began + 2 * gatewayLimits.REFUSALS_LOG_MS);
  expect(lines).toEqual([
    { reason: "body_slow", count: 300, seconds: undefined, address: "10.0.0.2" },
    { reason: "busy", count: 1, seconds: undefined, address: undefined },
    { reason: "body_slow", count: 200, seconds: 10, address: "10.0.0.9" },
  ]);
  expect(counted).toHaveLength(501);
  expect(counted.at(-1)).toBe("tradepost.gateway.refused.total busy");
});

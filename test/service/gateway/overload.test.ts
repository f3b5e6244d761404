import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import gateway from "#services/platform/gateway/gateway.service.ts";
import { LoadShedder } from "#services/platform/gateway/overload/load-shedder.ts";
import { RateLimiter } from "#services/platform/gateway/overload/rate-limiter.ts";
import { startBroker } from "#test/support/broker.ts";
import { freePort } from "#test/support/shop.ts";

let broker: ServiceBroker;
let url: string;

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  broker = await startBroker({ services: [gateway], settings: { PORT: String(port), HOST: "127.0.0.1" } });
});
afterAll(() => broker?.stop());
afterEach(() => {
  jest.restoreAllMocks();
});

test("a request that is refused under overload costs no look at the rate limit", async () => {
  const count = jest.spyOn(RateLimiter.prototype, "count");
  expect((await fetch(`${url}/api/v1/nothing`)).status).toBe(404);
  expect(count).toHaveBeenCalledTimes(1);
  jest.spyOn(LoadShedder.prototype, "refuses").mockReturnValue(true);
  const refused = await fetch(`${url}/api/v1/nothing`);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, expect.any(String)]);
  expect(count).toHaveBeenCalledTimes(1);
  for (const path of ["/health/live", "/openapi.json", "/docs"])
    expect((await fetch(`${url}${path}`)).status).toBe(200);
});

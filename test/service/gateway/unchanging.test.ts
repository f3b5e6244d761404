import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import gateway from "#services/platform/gateway/gateway.service.ts";
import { startBroker } from "#test/support/broker.ts";
import { freePort } from "#test/support/shop.ts";
import { stubService } from "#test/support/stub-service.ts";

let broker: ServiceBroker;
let url: string;
let asked = 0;

const media = stubService("media", {
  get: () => {
    asked += 1;
    return { type: "image/webp", base64: Buffer.from("picture").toString("base64"), immutable: true };
  },
});

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const settings = { PORT: String(port), HOST: "127.0.0.1", SHOP_LOCALES: "en,de" };
  broker = await startBroker({ services: [gateway, media], settings });
});
afterAll(() => broker?.stop());

test("an image is asked for once, whatever language clients want", async () => {
  const read = async (language: string) => {
    const response = await fetch(`${url}/api/v1/media/med_1?w=50`, { headers: { "accept-language": language } });
    return [response.status, await response.text()];
  };
  for (const language of ["de", "de", "en", "de-AT"]) expect(await read(language)).toEqual([200, "picture"]);
  expect(asked).toBe(1);
});

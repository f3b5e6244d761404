import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, test } from "@jest/globals";
import { WaitingRequests } from "#services/platform/gateway/rest/waiting-requests.ts";

function response(): EventEmitter & { closed: boolean } & ServerResponse {
  return Object.assign(new EventEmitter(), { closed: false }) as never;
}

function disconnect(res: ReturnType<typeof response>): void {
  Object.assign(res, { closed: true }).emit("close");
}

test("waits end when the gateway stops, and later ones end at once", async () => {
  const requests = new WaitingRequests();
  const wait = requests.add(response());
  requests.close();
  await wait;
  await requests.add(response());
});

test("a request is forgotten when its client disconnects, before or while it waits", async () => {
  const requests = new WaitingRequests();
  const [early, late] = [response(), response()];
  disconnect(early);
  await requests.add(early);
  void requests.add(late);
  expect(requests.size).toBe(1);
  disconnect(late);
  expect(requests.size).toBe(0);
});

import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { gatewayLimits } from "#services/platform/gateway/domain/limits.ts";
import { GatewayResponse } from "#services/platform/gateway/overload/gateway-response.ts";
import { LoadShedder } from "#services/platform/gateway/overload/load-shedder.ts";

let load: LoadShedder;
let running: GatewayResponse[];
beforeEach(async () => {
  load = new LoadShedder();
  running = Array.from({ length: gatewayLimits.INITIAL_CONCURRENCY }, response);
  for (const res of running) expect(await load.admit(res)).toBe(true);
});
afterEach(() => load.stop());

function response(): GatewayResponse {
  return new GatewayResponse(new IncomingMessage(new Socket()));
}

/** Whether one more request starts now. */
async function starts(): Promise<boolean> {
  let started = false;
  void load.admit(response()).then((admitted) => {
    started = admitted;
  });
  await turn();
  return started;
}

test("a request ends to count as load when its answer is complete, before anybody has read it", async () => {
  expect(await starts()).toBe(false);
  for (const res of running) res.writeHead(200).end("An answer that stays here, because there is no connection.");
  expect(running.some(({ writableFinished }) => writableFinished)).toBe(false);
  expect(await starts()).toBe(true);
});

test("a client that disconnects does not end that, because its request is processed all the same", async () => {
  for (const res of running) res.destroy();
  await turn();
  expect(running.every(({ closed }) => closed)).toBe(true);
  expect(await starts()).toBe(false);
});

test("a request that only waits does not count, and its answer does not free a second slot", async () => {
  const waiting = running[0] as GatewayResponse;
  load.release(waiting);
  expect(await starts()).toBe(true);
  waiting.end();
  waiting.destroy();
  expect(await starts()).toBe(false);
});

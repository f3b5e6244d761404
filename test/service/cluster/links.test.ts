import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import { limits } from "#config/limits.ts";
import { isOutage } from "#lib/contract/outage.ts";
import { startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";

const ANSWERED_MS = 2_000;
const EVERY_MS = 5;
const SILENT_MS = 200;

/** An action that must not run twice. It answers with the name of its node. */
const worker: ServiceSchema = {
  name: "worker",
  actions: {
    work: {
      retryPolicy: { enabled: false },
      async handler(ctx: Context<{ ms: number }>) {
        await sleep(ctx.params.ms);
        return ctx.broker.nodeID;
      },
    },
  },
};

const local: ServiceSchema = { name: "local", actions: { echo: () => "here" } };

let nats: Awaited<ReturnType<typeof natsServer>>;
const namespace = freshNamespace();
const node = (name: string, services: ServiceSchema[]) =>
  startBroker({ namespace, services, nats: nats.url, node: name });

beforeAll(async () => {
  nats = await natsServer({ own: true });
});
afterAll(() => nats?.stop());

describe("while one of two nodes stops, every call is answered", () => {
  test.each([
    ["that has announced its stop", "a"],
    ["whose announcement has not arrived", "b"],
  ])("by a node %s", async (how, mark) => {
    const [caller, one, other] = await Promise.all([
      node(`caller-${mark}`, []),
      node(`one-${mark}`, [worker]),
      node(`other-${mark}`, [worker]),
    ]);
    await caller.waitForServices("worker");
    await eventually(() => expect(nodesOf(caller)).toBe(2));
    if (how.endsWith("arrived")) mute(one);
    const answers: Promise<unknown>[] = [];
    const work = (ms: number) => answers.push(caller.call("worker.work", { ms }));
    for (let i = 0; i < 10; i++) work(1_200);
    const stopping = one.stop();
    let stopped = false;
    void stopping.then(() => (stopped = true));
    // Without the announcement calls arrive until the node is gone; calls that it refuses meanwhile go to the other node.
    const until = how.endsWith("arrived") ? performance.now() + limits.STOP_NOTICE_MS + 300 : Number.POSITIVE_INFINITY;
    while (!stopped && performance.now() < until) {
      work(1);
      await sleep(EVERY_MS);
    }
    const nodes = await Promise.all(answers);
    await stopping;
    expect(new Set(nodes)).toEqual(new Set([`one-${mark}`, `other-${mark}`]));
    await Promise.all([caller.stop(), other.stop()]);
  });
});

test("a call waits a moment for another node of a service, and later calls fail at once when there is none", async () => {
  const [caller, next] = await Promise.all([node("caller-d", []), node("next-d", [worker])]);
  await caller.waitForServices("worker");
  const { nodes, discoverer } = caller.registry as unknown as Registry;
  nodes.disconnected("next-d", true);
  const early = Array.from({ length: 3 }, () => caller.call("worker.work", { ms: 1 }));
  await sleep(limits.ABSENT_SERVICE_MS / 3);
  await discoverer.discoverNode("next-d");
  expect(await Promise.all(early)).toEqual(["next-d", "next-d", "next-d"]);
  await next.stop();
  const refused = () => caller.call("worker.work", { ms: 1 }).catch((error: { type?: string }) => error.type);
  const began = performance.now();
  expect(await Promise.all([refused(), refused()])).toEqual(["SERVICE_NOT_AVAILABLE", "SERVICE_NOT_AVAILABLE"]);
  const waited = performance.now() - began;
  expect(waited).toBeGreaterThan(limits.ABSENT_SERVICE_MS * 0.9);
  expect(waited).toBeLessThan(limits.ABSENT_SERVICE_MS * 1.5);
  const later = performance.now();
  expect(await refused()).toBe("SERVICE_NOT_AVAILABLE");
  expect(performance.now() - later).toBeLessThan(limits.ABSENT_SERVICE_MS / 2);
  // After the service was available again, calls wait again.
  const again = await node("again-d", [worker]);
  await caller.waitForServices("worker");
  expect(await caller.call("worker.work", { ms: 1 })).toBe("again-d");
  nodes.disconnected("again-d", true);
  const waits = caller.call("worker.work", { ms: 1 });
  await discoverer.discoverNode("again-d");
  expect(await waits).toBe("again-d");
  await Promise.all([caller.stop(), again.stop()]);
});

test("a node that does not answer gets no calls for a while, and other nodes do not wait for it when they stop", async () => {
  const silence = Promise.withResolvers<void>();
  const silent: ServiceSchema = { name: "silent", actions: { ask: () => silence.promise } };
  const caller = await node("caller-c", []);
  const other = await node("silent-c", [silent]);
  await caller.waitForServices("silent");
  const ask = () => caller.call("silent.ask", {}, { timeout: SILENT_MS, retries: 0 }).catch((error: Error) => error);
  const answers = await Promise.all(Array.from({ length: 30 }, ask));
  for (const answer of answers) expect((answer as { type?: string }).type).toBe("REQUEST_TIMEOUT");
  await eventually(async () => expect(((await ask()) as { type?: string }).type).toBe("SERVICE_NOT_AVAILABLE"));
  const began = performance.now();
  await caller.stop();
  expect(performance.now() - began).toBeLessThan(limits.SHUTDOWN_MS / 2);
  silence.resolve();
  await other.stop();
});

test("without NATS a node answers local calls, fails remote calls at once, and finds the other nodes again", async () => {
  const [caller, remote] = await Promise.all([node("caller", [local]), node("remote", [worker])]);
  await caller.waitForServices("worker");
  const told = async (call: Promise<unknown>) => {
    const began = performance.now();
    const error = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { outage: isOutage(error), soon: performance.now() - began < ANSWERED_MS };
  };
  const onItsWay = told(caller.call("worker.work", { ms: 3_000 }));
  await sleep(50);
  await nats.kill();
  expect(await onItsWay).toEqual({ outage: true, soon: true });
  expect(await told(caller.call("worker.work", { ms: 1 }))).toEqual({ outage: true, soon: true });
  expect(await caller.call("local.echo")).toBe("here");
  await nats.start();
  await eventually(async () => expect(await caller.call("worker.work", { ms: 1 })).toBe("remote"), 5_000);
  await Promise.all([caller.stop(), remote.stop()]);
});

function nodesOf(broker: ServiceBroker): number {
  const list = broker.registry.getServiceList({ onlyAvailable: true, skipInternal: true }) as { name: string }[];
  return list.filter(({ name }) => name === "worker").length;
}

interface Registry {
  nodes: { disconnected(nodeID: string, unexpected: boolean): void };
  discoverer: { discoverNode(nodeID: string): Promise<void>; sendLocalNodeInfo(): Promise<void> };
}

/** Keeps the announcement of a node's stop from the other nodes. */
function mute(broker: ServiceBroker): void {
  const { discoverer } = broker.registry as unknown as Registry;
  discoverer.sendLocalNodeInfo = async () => {};
}

import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { connect } from "nats";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { GroupQueue } from "#lib/events/inbox/group-queue.ts";
import { JetStreamTransport } from "#lib/events/jetstream/jetstream.ts";
import type { Group } from "#lib/events/transport/transport.ts";
import type { AdvisoryLocks, LockListener } from "#lib/sql/advisory-locks.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";

const TOPIC = "letters.events";
let nats: Awaited<ReturnType<typeof natsServer>>;
let transport: JetStreamTransport;
let made = 0;

function letter(): EventEnvelope {
  made += 1;
  return {
    eventId: `evt_${made}`,
    eventType: "Written",
    timestamp: "2026-01-31T12:00:00.000Z",
    version: "1.0",
    data: {},
    topic: TOPIC,
    key: ` a key, with\nanything in it: ü ${made} `,
    sequence: made,
    correlationId: "test",
    causationId: "test",
    traceparent: null,
    producer: "test",
  };
}

function connectedTo(url: string): JetStreamTransport {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const share = () => ({ index: 0, of: 1 });
  return new JetStreamTransport({ url, namespace: "letters", replicas: 1, node: "test", share, log });
}

beforeAll(async () => {
  nats = await natsServer({ own: true });
  transport = connectedTo(nats.url);
  await transport.start([]);
});

afterAll(async () => {
  await transport?.stop();
  await nats?.stop();
});

describe("a stream", () => {
  test("takes nothing before it was looked at, nor for another that was there before", async () => {
    await expect(transport.send(letter(), "")).rejects.toThrow("looked at first");
    const { name } = await transport.open(TOPIC);
    await transport.send(letter(), name);
    await expect(transport.send(letter(), `${name}, earlier`)).rejects.toThrow("looked at first");
  });

  test("is found whole while others send", async () => {
    const { name } = await transport.open(TOPIC);
    let looking = true;
    const sending = Array.from({ length: 50 }, async () => {
      while (looking) await transport.send(letter(), name);
    });
    const looks = [];
    for (let i = 0; i < 200; i++) looks.push(await transport.open(TOPIC));
    looking = false;
    await Promise.all(sending);
    expect(looks).toEqual(looks.map(() => ({ name, intact: true })));
  });

  test("that was deleted refuses at once, and another one is made, which knows nothing", async () => {
    const { name } = await transport.open(TOPIC);
    const connection = await connect({ servers: nats.url });
    await (await connection.jetstreamManager()).streams.delete("letters-letters-events");
    await connection.close();
    await expect(transport.send(letter(), name)).rejects.toThrow();
    const again = await transport.open(TOPIC);
    expect(again.name).not.toBe(name);
    await expect(transport.send(letter(), name)).rejects.toThrow("looked at first");
    await transport.send(letter(), again.name);
  });

  test("whose server is gone fails what is on its way at once, and is looked at again when it is back", async () => {
    const { name } = await transport.open(TOPIC);
    const sending = Promise.allSettled(Array.from({ length: 500 }, () => transport.send(letter(), name)));
    const before = performance.now();
    await nats.kill();
    await sending; // some may have been in time
    await eventually(() => expect(transport.send(letter(), name)).rejects.toThrow("looked at first"));
    expect(performance.now() - before).toBeLessThan(2_000);
    const opening = transport.open(TOPIC);
    await nats.start();
    expect(await opening).toEqual({ name, intact: true }); // killed, not robbed of its power
    await transport.send(letter(), name);
  });
});

/** The network between a node and the server: it can lose what the server says, and break. */
class Line {
  deaf = false;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#server = createServer((node) => {
      const server = connectTcp(Number(port), hostname);
      node.on("data", (chunk) => server.write(chunk));
      server.on("data", (chunk) => this.deaf || node.write(chunk));
      for (const socket of [node, server]) {
        this.#sockets.add(socket);
        socket.on("error", () => {}).on("close", () => this.cut());
      }
    }).listen(0, "127.0.0.1");
  }

  async url(): Promise<string> {
    if (!this.#server.listening) await once(this.#server, "listening");
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

describe("a partition", () => {
  const applied: number[] = [];
  const key = "one aggregate";

  /** A group that writes down what it applies; its locks are its own. */
  function group(): Group {
    const queue = new GroupQueue({
      apply: async (events) => {
        for (const event of events) if (event.key === key) applied.push(event.sequence);
      },
      deadLetter: async () => {},
      isOutage: () => false,
      isBusy: () => false,
      onError: () => {},
    });
    const locks = { request: (_: string, { onAcquired }: LockListener) => onAcquired(), release: async () => {} };
    const topics = new Map([[TOPIC, new Set(["Written"])]]);
    const position = { generation: 0, since: null, resent: true };
    return {
      name: "readers",
      topics,
      queue,
      position,
      readPosition: async () => position,
      locks: locks as unknown as AdvisoryLocks,
      retry: async () => false,
    };
  }

  test("whose messages were lost on the way gets them again before newer ones, and soon", async () => {
    const network = new Line(nats.url);
    const reader = connectedTo(await network.url());
    const { name } = await transport.open(TOPIC);
    const write = async () => {
      const written = { ...letter(), key };
      await transport.send(written, name);
      return written.sequence;
    };
    try {
      await reader.start([group()]);
      const first = await write();
      await eventually(() => expect(applied).toEqual([first]));
      network.deaf = true;
      const lost = [await write(), await write()];
      await sleep(100); // the server has sent them by now
      network.cut();
      network.deaf = false;
      const later = await write();
      await eventually(() => expect(applied).toEqual([first, ...lost, later]), 5_000);
    } finally {
      await reader.stop();
      network.close();
    }
  });
});

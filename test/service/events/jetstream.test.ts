import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { connect } from "nats";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { GroupQueue } from "#lib/events/inbox/group-queue.ts";
import { JetStreamTransport } from "#lib/events/jetstream/jetstream-transport.ts";
import type { Group } from "#lib/events/transport/transport.ts";
import type { AdvisoryLocks, LockListener } from "#lib/sql/advisory-locks.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";

const TOPIC = "notes.events";
let nats: Awaited<ReturnType<typeof natsServer>>;
let transport: JetStreamTransport;
let eventsMade = 0;

function newEvent(): EventEnvelope {
  eventsMade += 1;
  return {
    eventId: `evt_${eventsMade}`,
    eventType: "Written",
    timestamp: "2026-01-31T12:00:00.000Z",
    version: "1.0",
    data: {},
    topic: TOPIC,
    key: ` a key, with\nanything in it: ü ${eventsMade} `,
    sequence: eventsMade,
    correlationId: "test",
    causationId: "test",
    traceparent: null,
    producer: "test",
  };
}

function connectedTo(url: string): JetStreamTransport {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const share = () => ({ index: 0, of: 1 });
  return new JetStreamTransport({ url, namespace: "notes", replicas: 1, node: "test", share, log });
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
  test("refuses events before it is opened, and events for an earlier stream", async () => {
    await expect(transport.publish(newEvent(), "")).rejects.toThrow("opened first");
    const { id } = await transport.open(TOPIC);
    await transport.publish(newEvent(), id);
    await expect(transport.publish(newEvent(), `${id}, earlier`)).rejects.toThrow("opened first");
  });

  test("is reported intact while events are published to it", async () => {
    const { id } = await transport.open(TOPIC);
    let publishing = true;
    const publishers = Array.from({ length: 50 }, async () => {
      while (publishing) await transport.publish(newEvent(), id);
    });
    const opened = [];
    for (let i = 0; i < 200; i++) opened.push(await transport.open(TOPIC));
    publishing = false;
    await Promise.all(publishers);
    expect(opened).toEqual(opened.map(() => ({ id, intact: true })));
  });

  test("that was deleted refuses events at once, and an empty one with another id is made", async () => {
    const { id } = await transport.open(TOPIC);
    const connection = await connect({ servers: nats.url });
    await (await connection.jetstreamManager()).streams.delete("notes-notes-events");
    await connection.close();
    await expect(transport.publish(newEvent(), id)).rejects.toThrow();
    const again = await transport.open(TOPIC);
    expect(again.id).not.toBe(id);
    await expect(transport.publish(newEvent(), id)).rejects.toThrow("opened first");
    await transport.publish(newEvent(), again.id);
  });

  test("whose server ends fails the events in flight at once, and is opened again when the server is back", async () => {
    const { id } = await transport.open(TOPIC);
    const inFlight = Promise.allSettled(Array.from({ length: 500 }, () => transport.publish(newEvent(), id)));
    const before = performance.now();
    await nats.kill();
    await inFlight; // some of them may have been stored before
    await eventually(() => expect(transport.publish(newEvent(), id)).rejects.toThrow("opened first"));
    expect(performance.now() - before).toBeLessThan(2_000);
    const opening = transport.open(TOPIC);
    await nats.start();
    expect(await opening).toEqual({ id, intact: true }); // only a power cut would lose events
    await transport.publish(newEvent(), id);
  });
});

/** The network between a node and the server: it can drop what the server sends, and break. */
class Network {
  dropsAnswers = false;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#server = createServer((node) => {
      const server = connectTcp(Number(port), hostname);
      node.on("data", (chunk) => server.write(chunk));
      server.on("data", (chunk) => this.dropsAnswers || node.write(chunk));
      for (const socket of [node, server]) {
        this.#sockets.add(socket);
        socket.on("error", () => {}).on("close", () => this.disconnect());
      }
    }).listen(0, "127.0.0.1");
  }

  async url(): Promise<string> {
    if (!this.#server.listening) await once(this.#server, "listening");
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.#server.close();
    this.disconnect();
  }
}

describe("a partition", () => {
  const applied: number[] = [];
  const key = "one aggregate";

  /** A group that records what it applies, and acquires every lock at once. */
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
      name: "consumers",
      topics,
      queue,
      position,
      readPosition: async () => position,
      locks: locks as unknown as AdvisoryLocks,
      retryDeadLetter: async () => false,
    };
  }

  test("whose messages were lost on the network gets them again soon, and before newer ones", async () => {
    const network = new Network(nats.url);
    const consumer = connectedTo(await network.url());
    const { id } = await transport.open(TOPIC);
    const publish = async () => {
      const published = { ...newEvent(), key };
      await transport.publish(published, id);
      return published.sequence;
    };
    try {
      await consumer.start([group()]);
      const first = await publish();
      await eventually(() => expect(applied).toEqual([first]));
      network.dropsAnswers = true;
      const lost = [await publish(), await publish()];
      await sleep(100); // by now the server has sent them
      network.disconnect();
      network.dropsAnswers = false;
      const later = await publish();
      await eventually(() => expect(applied).toEqual([first, ...lost, later]), 5_000);
    } finally {
      await consumer.stop();
      network.close();
    }
  });
});

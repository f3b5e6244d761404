import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { Type } from "typebox";
import { anyone } from "#lib/contract/access.ts";
import { action, contract, Exact } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Contract } from "#lib/contract/types.ts";
import { gatewayLimits } from "#services/platform/gateway/domain/limits.ts";
import type { Edge, GatewayRequest } from "#services/platform/gateway/rest/edge.ts";
import { declaredStreams, signalsOf } from "#services/platform/gateway/streams/declared-streams.ts";
import { EventStreams } from "#services/platform/gateway/streams/event-streams.ts";

function racesWith(signal: string, payload = Exact({ raceId: Type.String() })): Contract {
  return contract("races", {
    summary: "Races of a test",
    actions: {
      laps: action({
        summary: "The laps of a race",
        rest: "GET /races/:raceId/laps",
        params: Exact({ raceId: Type.String() }),
        returns: Exact({ laps: Type.Array(Exact({ lap: Type.Integer(), what: Type.String() })) }),
        access: anyone(),
        stream: {
          summary: "Follows a race",
          rest: "GET /races/:raceId/stream",
          items: "laps",
          id: "lap",
          event: "what",
          signal,
          until: { property: "what", values: ["finished", "cancelled"] },
        },
      }),
    },
    signals: { lapped: payload },
  }) as unknown as Contract;
}

const declared = declaredStreams([racesWith("races.lapped")]);
const [stream] = declared;
const lap = (number: number, what: string) => ({ lap: number, what });

/** A response that keeps what is written to it. */
class FakeResponse extends EventEmitter {
  status = 0;
  text = "";
  closed = false;
  headersSent = false;
  writableEnded = false;
  readonly headers: Record<string, unknown> = {};

  setHeader(name: string, value: unknown): void {
    this.headers[name] = value;
  }
  writeHead(status: number, headers: object): this {
    this.status = status;
    this.headersSent = true;
    Object.assign(this.headers, headers);
    return this;
  }
  flushHeaders(): void {}
  write(text: string): boolean {
    this.text += text;
    this.emit("written");
    return true;
  }
  end(text: Buffer | string = ""): void {
    this.text += text;
    this.writableEnded = true;
    this.emit("written");
    this.disconnect();
  }
  disconnect(): void {
    this.closed = true;
    this.emit("close");
  }
  /** Waits until the text contains this. */
  async until(part: string): Promise<void> {
    while (!this.text.includes(part)) await new Promise((resolve) => this.once("written", resolve));
  }
}

function newStreams() {
  const laps: ReturnType<typeof lap>[] = [];
  const reads = { count: 0 };
  const waiting: unknown[] = [];
  const session = { ended: false };
  const identify = async () => {
    if (session.ended) throw new DomainError("UNAUTHENTICATED");
    return { kind: "anonymous" };
  };
  const edge = {
    verifier: { identify },
    beginWaiting: (res: unknown) => {
      waiting.push(res);
      return new Promise(() => {});
    },
  } as unknown as Edge;
  const streams = new EventStreams(() => edge, declared);
  let clients = 0;
  const open = (headers: Record<string, string> = {}, read = async () => ({ laps: [...laps] })) => {
    clients += 1;
    const res = new FakeResponse();
    const call = async () => {
      reads.count += 1;
      return read();
    };
    const req = {
      method: "GET",
      complete: true,
      headers,
      caller: { auth: { kind: "anonymous" }, address: `10.0.0.${clients}` },
      $params: { params: { raceId: "race_1" } },
      $ctx: { call },
    } as unknown as GatewayRequest;
    if (!stream) throw new Error("The contract declares no stream.");
    return { res, served: streams.serve(stream, req, res as unknown as ServerResponse) };
  };
  return { laps, reads, waiting, session, streams, open };
}

describe("a stream", () => {
  test("sends the existing items, then new ones after the signal, and ends after a final item", async () => {
    const { laps, waiting, streams, open } = newStreams();
    laps.push(lap(1, "started"));
    const { res, served } = open();
    await res.until("started");
    laps.push(lap(2, "finished"));
    streams.notify("races.lapped", { raceId: "race_1" });
    await served;
    expect(res.status).toBe(200);
    expect(res.headers["Content-Type"]).toContain("text/event-stream");
    expect(res.text).toBe(
      'id: 1\nevent: started\ndata: {"lap":1,"what":"started"}\n\n' +
        'id: 2\nevent: finished\ndata: {"lap":2,"what":"finished"}\n\n',
    );
    expect(res.writableEnded).toBe(true);
    expect(waiting).toEqual([res]);
  });

  test("continues after Last-Event-ID", async () => {
    const { laps, open } = newStreams();
    laps.push(lap(1, "started"), lap(2, "finished"));
    const { res, served } = open({ "last-event-id": "1" });
    await served;
    expect(res.text).toMatch(/^id: 2\n/);
  });

  test("reads again without a signal, because signals may be lost", async () => {
    const { laps, open } = newStreams();
    laps.push(lap(1, "started"));
    const { res, served } = open();
    await res.until("started");
    laps.push(lap(2, "cancelled"));
    await served;
    expect(res.text).toContain("cancelled");
  });

  test("ignores signals of other streams and of other values", async () => {
    const { laps, reads, streams, open } = newStreams();
    laps.push(lap(1, "started"));
    const { res, served } = open();
    await res.until("started");
    streams.notify("races.lapped", { raceId: "race_2" });
    streams.notify("races.other", { raceId: "race_1" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(reads.count).toBe(1);
    res.disconnect();
    await served;
  });

  test("ends when its client disconnects, and when the gateway stops", async () => {
    const { laps, streams, open } = newStreams();
    laps.push(lap(1, "started"));
    const [first, second] = [open(), open()];
    await Promise.all([first.res.until("started"), second.res.until("started")]);
    first.res.disconnect();
    await first.served;
    expect(second.res.writableEnded).toBe(false);
    streams.close();
    await second.served;
    expect(second.res.writableEnded).toBe(true);
  });

  test("ends at its next read after the session of its caller has ended, and shows nothing more", async () => {
    const { laps, reads, session, streams, open } = newStreams();
    laps.push(lap(1, "started"));
    const { res, served } = open();
    await res.until("started");
    session.ended = true;
    laps.push(lap(2, "secret"));
    streams.notify("races.lapped", { raceId: "race_1" });
    await served;
    expect(reads.count).toBe(1);
    expect(res.text).not.toContain("secret");
    expect(res.writableEnded).toBe(true);
  });

  test("is refused as a problem when its items cannot be read", async () => {
    const { open } = newStreams();
    const { res, served } = open({}, async () => {
      throw new DomainError("NOT_FOUND");
    });
    await served;
    expect(res.status).toBe(404);
    expect(JSON.parse(res.text)).toMatchObject({ code: "NOT_FOUND" });
  });

  test("is refused above the number of open streams, until one of them ends", async () => {
    const { laps, streams, open } = newStreams();
    laps.push(lap(1, "started"));
    const opened = Array.from({ length: gatewayLimits.STREAMS_OPEN }, () => open());
    await Promise.all(opened.map(({ res }) => res.until("started")));
    const refused = open();
    await refused.served;
    expect(refused.res.status).toBe(503);
    expect(refused.res.headers["Retry-After"]).toBe(1);
    opened[0]?.res.disconnect();
    await opened[0]?.served;
    const admitted = open();
    await admitted.res.until("started");
    streams.close();
    await Promise.all([...opened, admitted].map(({ served }) => served));
  });
});

describe("the streams of contracts", () => {
  test("name the signals that they depend on", () => {
    expect(signalsOf(declared)).toEqual(["races.lapped"]);
  });

  test("must depend on a signal that is declared and carries the parameters of the path", () => {
    expect(() => declaredStreams([racesWith("races.nothing")])).toThrow("races.nothing");
    expect(() => declaredStreams([racesWith("races.lapped", Exact({}) as never)])).toThrow("carries no raceId");
  });
});

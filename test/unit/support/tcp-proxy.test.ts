import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { TcpProxy } from "#test/support/tcp-proxy.ts";

const A_MOMENT_MS = 60;

let server: Server;
let heard: string;
let served: Socket[];
let proxy: TcpProxy;
const clients: Socket[] = [];

/** Answers each message by itself. */
beforeEach(async () => {
  heard = "";
  served = [];
  server = createServer((socket) => {
    served.push(socket);
    socket
      .on("error", () => {})
      .on("data", (chunk) => {
        heard += chunk;
        socket.write(chunk);
      });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await TcpProxy.to({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  server.close();
});

async function client(port = proxy.port) {
  const socket = connect({ port, host: "127.0.0.1" });
  clients.push(socket);
  const seen = { text: "", fate: undefined as string | undefined };
  socket.on("data", (chunk) => {
    seen.text += chunk;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    seen.fate = error.code;
  });
  socket.on("end", () => {
    seen.fate = "ended";
  });
  await until(() => !socket.connecting);
  return { socket, seen, say: (text: string) => socket.write(text) };
}

async function until(fact: () => boolean): Promise<void> {
  for (let tries = 0; !fact(); tries++) {
    if (tries > 400) throw new Error(`Never: ${fact}`);
    await pause(5);
  }
}

test("passes both ways, and the end of a conversation", async () => {
  const { socket, seen, say } = await client();
  say("one ");
  say("two");
  await until(() => seen.text === "one two");
  socket.end();
  await until(() => seen.fate === "ended" && proxy.connections === 0);
});

test("delays, and keeps the order when the delay ends", async () => {
  const { seen, say } = await client();
  say("-");
  await until(() => seen.text === "-");
  proxy.delay(A_MOMENT_MS);
  const began = performance.now();
  say("a");
  await until(() => heard === "-a");
  proxy.heal();
  say("b");
  await until(() => seen.text === "-ab");
  expect(performance.now() - began).toBeGreaterThanOrEqual(A_MOMENT_MS - 1);
});

test("drops: neither side hears anything, not even that the other hung up; what lost something is reset at the end", async () => {
  const [talker, quitter, idler] = [await client(), await client(), await client()];
  for (const { seen, say } of [talker, quitter, idler]) {
    say("x");
    await until(() => seen.text === "x");
  }
  proxy.drop();
  talker.say("lost");
  quitter.socket.destroy();
  const late = await client();
  late.say("lost too");
  await pause(A_MOMENT_MS);
  expect(heard).toBe("xxx");
  expect([talker.seen, late.seen]).toEqual([
    { text: "x", fate: undefined },
    { text: "", fate: undefined },
  ]);
  expect(served[1]?.destroyed).toBe(false);
  proxy.heal();
  await until(
    () => talker.seen.fate === "ECONNRESET" && late.seen.fate === "ECONNRESET" && served[1]?.destroyed === true,
  );
  idler.say("y");
  await until(() => idler.seen.text === "xy");
});

test("forgets: what is open hears nothing any more, the server gives up, new connections get through", async () => {
  const old = await client();
  old.say("x");
  await until(() => old.seen.text === "x");
  proxy.forget(A_MOMENT_MS);
  old.say("lost");
  const fresh = await client();
  fresh.say("y");
  await until(() => fresh.seen.text === "y");
  await until(() => served[0]?.destroyed === true);
  expect({ heard, old: old.seen }).toEqual({ heard: "xy", old: { text: "x", fate: undefined } });
});

test("half open: requests arrive, answers vanish", async () => {
  const { seen, say } = await client();
  proxy.halfOpen();
  say("do it");
  await until(() => heard === "do it");
  await pause(A_MOMENT_MS);
  expect(seen).toEqual({ text: "", fate: undefined });
});

test("cuts, and lets new connections in; refuses, and does not", async () => {
  const first = await client();
  await until(() => proxy.connections === 1);
  proxy.cut();
  await until(() => first.seen.fate === "ECONNRESET");
  const second = await client();
  second.say("hello");
  await until(() => second.seen.text === "hello");
  proxy.refuse();
  await until(() => second.seen.fate === "ECONNRESET");
  const third = await client();
  await until(() => third.seen.fate === "ECONNRESET");
  expect(heard).toBe("hello");
});

test("cuts in the middle of an answer", async () => {
  const { seen, say } = await client();
  proxy.cutAfter(7);
  say("four");
  await until(() => seen.text === "four");
  say("more");
  await until(() => seen.fate === "ECONNRESET");
  expect(heard).toBe("fourmore");
  expect(["four", "fourmor"]).toContain(seen.text); // a reset may overtake what was sent before it
  const next = await client();
  next.say("long enough");
  await until(() => next.seen.text === "long enough");
});

test("reaches a server by its Unix socket, and cuts that off as well", async () => {
  const path = join(tmpdir(), `tcp-proxy-${process.pid}.sock`);
  const local = createServer((socket) => socket.pipe(socket)).listen(path);
  await once(local, "listening");
  const way = await TcpProxy.to({ path });
  const { seen, say } = await client(way.port);
  say("x");
  await until(() => seen.text === "x");
  way.cut();
  await until(() => seen.fate === "ECONNRESET" && way.connections === 0);
  await way.close();
  local.close();
});

import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { Connections } from "#services/platform/gateway/overload/connections.ts";

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

function connectionsOf(perAddress: number | undefined) {
  const refused: string[] = [];
  const connections = new Connections({
    perAddress,
    onRefused: (reason, address) => refused.push(`${reason} ${address}`),
  });
  const open = (address: string) => {
    const socket = new FakeSocket(address);
    connections.add(socket as unknown as Socket);
    return socket;
  };
  return { connections, refused, open };
}

test("an address has so many connections and no more, and those that close make room", () => {
  const { connections, refused, open } = connectionsOf(2);
  const [first] = [open("10.0.0.1"), open("::ffff:10.0.0.1")];
  expect(open("10.0.0.1").destroyed).toBe(true);
  expect(open("10.0.0.2").destroyed).toBe(false);
  expect(connections.size).toBe(3);
  first.destroy();
  expect(open("10.0.0.1").destroyed).toBe(false);
  expect(refused).toEqual(["address_connections 10.0.0.1"]);
});

test("IPv6 addresses of one network of 64 bits are one address", () => {
  const { open } = connectionsOf(1);
  expect(open("2001:db8:1:2::1").destroyed).toBe(false);
  expect(open("2001:db8:1:2:ffff::9").destroyed).toBe(true);
  expect(open("2001:db8:1:3::1").destroyed).toBe(false);
});

test("behind a proxy no address is bounded, because all connections have the proxy's", () => {
  const { connections, open } = connectionsOf(undefined);
  expect(Array.from({ length: 50 }, () => open("10.0.0.1")).some(({ destroyed }) => destroyed)).toBe(false);
  expect(connections.size).toBe(50);
});

test("what the server ends by itself is counted, and a client that goes away is not", () => {
  const { refused, open } = connectionsOf(5);
  for (const code of ["ERR_HTTP_REQUEST_TIMEOUT", "HPE_INVALID_METHOD", "HPE_INVALID_EOF_STATE", "ECONNRESET"])
    open("10.0.0.1").emit("error", Object.assign(new Error(code), { code }));
  expect(refused).toEqual(["request_late 10.0.0.1", "malformed 10.0.0.1"]);
});

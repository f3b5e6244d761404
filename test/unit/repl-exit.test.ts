import { EventEmitter } from "node:events";
import type { REPLServer } from "node:repl";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { runOnAfterEndOfInput } from "#mixins/broker/repl-exit.ts";

describe("leaving the REPL", () => {
  let server: EventEmitter;
  let ended: number;
  let said: string[];
  beforeEach(() => {
    server = new EventEmitter();
    ended = 0;
    said = [];
    server.on("exit", () => {
      ended += 1;
    });
    runOnAfterEndOfInput(server as unknown as REPLServer, (line) => said.push(line));
  });

  test("by Ctrl-D lets the shop run on, and says so", () => {
    server.emit("exit");
    expect([ended, said]).toEqual([0, ["The REPL is closed, and the shop runs on. Ctrl-C ends it."]]);
  });

  test("by a second Ctrl-C ends the shop", () => {
    server.emit("SIGINT");
    server.emit("SIGINT");
    server.emit("exit");
    expect([ended, said]).toEqual([1, []]);
  });

  test("by Ctrl-D, some commands after a Ctrl-C, lets the shop run on", () => {
    server.emit("SIGINT");
    server.emit("line", "nodes");
    server.emit("exit");
    expect(ended).toBe(0);
  });
});

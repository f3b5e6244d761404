import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { type Loss, Namespace } from "#tools/chaos/namespace.ts";

const ASK =
  "const [, port, host] = process.argv; require('net').connect(+port, host).on('data', (d) => process.exit(+!d)).setTimeout(700, () => process.exit(1))";

/** Takes root on Linux, and iproute2; elsewhere all there is to see is that it says so. */
test("packets are lost in either direction or both, and arrive again", async () => {
  const namespace = await Namespace.create().catch((error: Error) => error);
  if (namespace instanceof Error) {
    expect(namespace.message).toMatch(/takes more rights, or iproute2/);
    return;
  }
  const server = createServer((socket) => socket.on("error", () => {}).end("hello")).listen(0, namespace.host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answered = async () => {
    const [program = "", ...words] = [...namespace.command, process.execPath, "-e", ASK, String(port), namespace.host];
    return promisify(execFile)(program, words).then(
      () => true,
      () => false,
    );
  };
  // The server is in this process, which may be busy for longer than one question waits.
  const isReached = () => eventually(async () => expect(await answered()).toBe(true));
  try {
    await isReached();
    const losses: (readonly Loss[])[] = [["toNode"], ["fromNode"], ["toNode", "fromNode"]];
    for (const loss of losses) {
      await namespace.lose(loss);
      expect(await answered()).toBe(false);
      await namespace.heal();
      await isReached();
    }
  } finally {
    namespace.remove();
    server.close();
  }
});

test("none is left when the process exits", async () => {
  const module = JSON.stringify(new URL("../../../tools/chaos/namespace.ts", import.meta.url).href);
  const script = `const { Namespace } = await import(${module}); await Namespace.create().catch(() => {}); process.exit(130)`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
  expect(await once(child, "exit")).toEqual([130, null]);
  expect(existsSync(`/run/netns/chaos-${child.pid}`)).toBe(false);
});

import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test } from "@jest/globals";
import { signedIn } from "#tools/events/admin-api.ts";

const account = { email: "admin@example.com", password: "admin-password-1" };
const close: (() => void)[] = [];
afterEach(() => {
  for (const end of close.splice(0)) end();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  close.push(() => server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (status: number, type: string, body: string) =>
  serve((_, response) => response.writeHead(status, { "content-type": type }).end(body));

test.each([
  [404, "text/html", "<h1>Not found</h1>", "answers /auth/staff/login with 404, text/html"],
  [404, "application/json", '{"error":"no such route"}', "answers /auth/staff/login with 404, application/json"],
  [200, "text/html", "<h1>Welcome</h1>", "answers /auth/staff/login with 200, text/html"],
  [200, "application/json", "[]", "answers a login without a token"],
  [200, "application/json", '{"ok":true}', "answers a login without a token"],
])("a server that is no shop (%s %s) is named as such", async (status, type, body, sentence) => {
  const url = await answering(status, type, body);
  await expect(signedIn(url, account)).rejects.toThrow(`${url} is not a Tradepost shop: it ${sentence}`);
});

test("a shop that refuses is quoted once, with the fields that are wrong", async () => {
  const refusing = async (problem: object) =>
    signedIn(await answering(422, "application/problem+json", JSON.stringify(problem)), account);
  const title = "The request is not valid";
  await expect(refusing({ status: 422, title, detail: `${title}.`, code: "VALIDATION_FAILED" })).rejects.toThrow(
    /^422 The request is not valid\.$/,
  );
  const errors = [{ path: "/email", message: "is required" }];
  await expect(
    refusing({ status: 422, title, detail: "The login is not valid.", code: "VALIDATION_FAILED", errors }),
  ).rejects.toThrow(/^422 The request is not valid: The login is not valid\. \/email is required\.$/);
});

test("no server, and no URL, are one sentence and exit code 1", async () => {
  const url = await answering(200, "text/plain", "");
  close.pop()?.();
  await expect(signedIn(url, account)).rejects.toThrow(`The shop does not answer at ${url}`);
  await expect(signedIn("localhost", account)).rejects.toThrow("--url: localhost is not a URL");
  const tool = join(import.meta.dirname, "../../../tools/events.ts");
  const run = promisify(execFile)(process.execPath, ["--no-warnings", tool, "--url", url, "groups"]);
  await expect(run).rejects.toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("does not answer") });
});

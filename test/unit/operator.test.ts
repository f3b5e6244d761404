import { expect, test } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { operator } from "#mixins/broker/operator.ts";

test("calls from the REPL get the identity of an operator, and all others keep theirs", async () => {
  const broker = new ServiceBroker({ logger: false, middlewares: [operator] });
  broker.createService({ name: "echo", actions: { who: (ctx: { meta: object }) => ctx.meta } });
  await broker.start();
  const ask = (meta: object) => broker.call("echo.who", {}, { meta });
  expect(await ask({ $repl: true })).toMatchObject({ auth: { kind: "staff", scopes: ["*"] } });
  expect(await ask({})).toEqual({});
  expect(await ask({ $repl: true, auth: { kind: "anonymous" } })).toMatchObject({ auth: { kind: "anonymous" } });
  await broker.stop();
});

import { Writable } from "node:stream";
import { expect, test } from "@jest/globals";
import type { Client } from "pg";
import { run } from "#lib/sql/transaction.ts";

test("statements of one moment are sent together, and later ones by themselves", async () => {
  const sent: string[][] = [];
  const stream = new Writable({
    decodeStrings: false,
    writev(chunks, done) {
      sent.push(chunks.map(({ chunk }) => String(chunk)));
      done();
    },
  });
  const query = async ({ text }: { text: string }) => {
    stream.write(text);
    return { rows: [] };
  };
  const client = { connection: { stream }, query } as unknown as Client;
  const chained = run(client, "BEGIN").then(() => run(client, "INSERT"));
  await Promise.all([chained, run(client, "COMMIT")]);
  await new Promise(setImmediate);
  await run(client, "SELECT");
  await new Promise(setImmediate);
  expect(sent.map((texts) => texts.length)).toEqual([3, 1]);
  expect(new Set(sent[0])).toEqual(new Set(["BEGIN", "INSERT", "COMMIT"]));
});

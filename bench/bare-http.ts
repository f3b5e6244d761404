/** The limit of reads: a server that does nothing but answer bodies of a given size, in a process of its own. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerJobs } from "./worker.ts";

/** Sets the size of every answer from now on, in bytes; the answer is where the server is. */
export interface BareHttpJob {
  bytes: number;
}

let body = Buffer.alloc(0);
const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});
const listening = new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

answerJobs<BareHttpJob, string>(async ({ bytes }) => {
  await listening;
  body = Buffer.alloc(bytes, "x");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

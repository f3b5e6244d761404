/**
 * A broker without order, loaded before anything else (`node --import`): consumers of JetStream get messages in another
 * order than they were stored in, across all streams of the node.
 */
import { createRequire } from "node:module";
import type { Consumer, JsMsg } from "nats";
import { Random } from "./random.ts";
import { Window } from "./window.ts";

const inside = createRequire(import.meta.url)("nats/lib/jetstream/consumer.js");
const consumer: Pick<Consumer, "consume"> = inside.PullConsumerImpl.prototype;
const { consume } = consumer;

const window = new Window<() => void>(new Random(process.env.NODE_ID ?? ""), (deliver) => deliver());

consumer.consume = function (this: Consumer, options) {
  const { callback } = options ?? {};
  if (!callback) throw new Error("Messages that are not delivered to a callback keep their order.");
  return consume.call(this, { ...options, callback: (message: JsMsg) => window.add(() => callback(message)) });
};

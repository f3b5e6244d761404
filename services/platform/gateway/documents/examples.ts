import type { TSchema } from "typebox";
import { exampleOf } from "#lib/contract/example.ts";
import type { ActionContract, StreamContract } from "#lib/contract/types.ts";
import { serverSentEvent } from "../streams/event-streams.ts";

/** The parameters of a request that runs as it stands on the demonstration shop. */
export function exampleRequest({ params, example = {} }: ActionContract): Readonly<Record<string, unknown>> {
  const { properties = {}, required = [] } = params as {
    properties?: Readonly<Record<string, TSchema>>;
    required?: readonly string[];
  };
  const needed = required
    .filter((name) => !Object.hasOwn(example, name))
    .map((name) => [name, exampleOf(properties[name] as TSchema, { optional: false })] as const)
    .filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(needed), ...example };
}

/** An answer of an action, without what it has only in some cases. */
export function exampleAnswer({ returns }: ActionContract): unknown {
  return exampleOf(returns, { optional: false });
}

/** One event of a stream, as it is sent. */
export function exampleEvent(spec: ActionContract, stream: StreamContract): string {
  const answer = exampleAnswer(spec) as Readonly<Record<string, readonly Record<string, unknown>[]>> | undefined;
  const item = answer?.[stream.items]?.[0];
  return item ? serverSentEvent(stream, item) : "";
}

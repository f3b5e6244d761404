import type { TSchema } from "typebox";
import { pathParams } from "#lib/contract/rest-path.ts";
import type { ActionContract, Contract, StreamContract } from "#lib/contract/types.ts";

/** A stream of server-sent events that a contract declares for one of its reads. */
export interface DeclaredStream {
  /** Full name of the action that reads the items. */
  action: string;
  spec: ActionContract;
  stream: StreamContract;
  /** Names of the parameters in the path. Requests and signals with the same values belong together. */
  pathParams: readonly string[];
}

/** @throws Error for a stream whose signal is not declared, or does not carry the parameters of the stream's path */
export function declaredStreams(contracts: readonly Contract[]): DeclaredStream[] {
  const signals = new Map<string, TSchema>(
    contracts.flatMap(({ name, signals }) =>
      Object.entries(signals).map(([signal, payload]) => [`${name}.${signal}`, payload] as const),
    ),
  );
  return contracts.flatMap((contract) =>
    Object.entries(contract.actions).flatMap(([name, spec]) => {
      if (!spec.stream) return [];
      const action = `${contract.name}.${name}`;
      const { rest, signal } = spec.stream;
      const params = pathParams(rest);
      const payload = signals.get(signal);
      if (!payload) throw new Error(`${action} is streamed after ${signal}, which no contract declares as a signal.`);
      const properties = "properties" in payload ? (payload.properties as object) : {};
      const missing = params.filter((param) => !Object.hasOwn(properties, param));
      if (missing.length > 0) throw new Error(`${action} is streamed after ${signal}, which carries no ${missing[0]}.`);
      return [{ action, spec, stream: spec.stream, pathParams: params }];
    }),
  );
}

/** Names of the signals that streams depend on, each once. */
export function signalsOf(streams: readonly DeclaredStream[]): string[] {
  return [...new Set(streams.map(({ stream }) => stream.signal))];
}

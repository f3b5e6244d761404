import type { IncomingMessage } from "node:http";
import { DomainError } from "#lib/contract/errors.ts";
import { JSON_TYPE, type Rendition } from "#lib/contract/formats.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import { preferredType } from "./accept.ts";
import { contentOf, type StoredResponse, storedBody } from "./stored-response.ts";

type Result = Record<string, unknown>;

/**
 * The format in which a client wants the answer.
 * @returns undefined for an action that has only JSON: like most APIs, it sends that whatever `Accept` says
 * @throws DomainError NOT_ACCEPTABLE when the action has other formats as well, and the client accepts none of them
 */
export function requestedFormat(req: IncomingMessage, { formats }: ActionContract): string | undefined {
  if (!formats) return undefined;
  const offered = [JSON_TYPE, ...Object.keys(formats)];
  const type = preferredType(req.headers.accept, offered);
  if (type === undefined) throw new DomainError("NOT_ACCEPTABLE", `It is available as ${offered.join(", ")}.`);
  return type;
}

/** The answer in a format: JSON as it is, any other by the action that makes it. Only the client itself may keep it. */
export async function formatted(
  { formats = {} }: ActionContract,
  type: string,
  result: Result,
  call: (action: string, params: object) => Promise<Result>,
): Promise<StoredResponse> {
  const own = { cacheControl: "private, no-cache", vary: "Accept, Accept-Encoding" };
  const action = formats[type];
  if (action === undefined) return storedBody(Buffer.from(JSON.stringify(result)), `${JSON_TYPE}; charset=utf-8`, own);
  const { base64, fileName } = (await call(action, result)) as unknown as Rendition;
  const { contentType, compressible } = contentOf(type);
  return storedBody(Buffer.from(base64, "base64"), contentType, { ...own, compressible, fileName });
}

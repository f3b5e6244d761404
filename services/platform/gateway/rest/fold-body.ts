import type { ServerResponse } from "node:http";
import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContract, PartsContract } from "#lib/contract/types.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { BodyParts, partsType } from "./body-parts.ts";
import type { Edge, GatewayRequest } from "./edge.ts";

type Result = Record<string, unknown>;

let open = 0;

/**
 * Calls an action for each part of the body, with the answer to the part before.
 * @returns the answer to the last part
 * @throws DomainError UNSUPPORTED_MEDIA_TYPE, SERVICE_UNAVAILABLE, and as `BodyParts.next`
 */
export async function foldBody(
  edge: Edge,
  req: GatewayRequest,
  res: ServerResponse,
  spec: ActionContract & { parts: PartsContract },
  call: (input: { part: object; before?: Result }) => Promise<Result>,
): Promise<Result> {
  const type = partsType(req, spec.parts);
  if (open >= gatewayLimits.PARTS_OPEN) throw new DomainError("SERVICE_UNAVAILABLE", "The shop is busy.");
  open += 1;
  const parts = new BodyParts(req, spec.parts);
  let isStopping = false;
  void edge.beginWaiting(res).then(() => {
    isStopping = true;
  });
  const takesBefore = "properties" in spec.params && Object.hasOwn(spec.params.properties as object, "before");
  try {
    let before: Result | undefined;
    for (let number = 1; ; number++) {
      const { bytes, isLast } = await parts.next();
      const part = { number, base64: bytes.toString("base64"), isLast, type };
      before = await call(takesBefore && before ? { part, before } : { part });
      if (isLast) return before;
      if (isStopping && !res.closed) throw new DomainError("SERVICE_UNAVAILABLE", "The shop restarts.");
    }
  } finally {
    open -= 1;
    parts.discard();
  }
}

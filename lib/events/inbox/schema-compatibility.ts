import type { EventContract } from "#lib/contract/types.ts";
import { faults, fits } from "#lib/contract/validation.ts";
import type { EventEnvelope } from "../envelope.ts";

/**
 * Why a consumer cannot read an event; undefined when it can. An event of a later minor version may have more fields than
 * the contract of this node, because services are upgraded one after the other. In another major version, the same names
 * mean something else.
 */
export function schemaIncompatibility(contract: EventContract, event: EventEnvelope): string | undefined {
  if (event.unreadable !== undefined) return `The message is not an event: ${event.unreadable}`;
  if (majorOf(event.version) !== majorOf(contract.version))
    return `Version ${event.version} is unknown here: this node knows ${contract.version}.`;
  if (fits(contract.data, event.data)) return undefined;
  const wrong = faults(contract.data, event.data, { more: true });
  if (wrong.length === 0) return undefined;
  return `The data do not fit version ${contract.version}: ${JSON.stringify(wrong)}`;
}

function majorOf(version: string): string | undefined {
  return version.split(".")[0];
}

import type { EventContract } from "#lib/contract/types.ts";
import { faults, fits } from "#lib/contract/validation.ts";
import type { EventEnvelope } from "../envelope.ts";

/**
 * Why a consumer cannot understand an event, whoever sent it; undefined when it can. An event of a later minor version
 * may say more than the contract knows: services are upgraded one after the other. Another major version means something
 * else by the same names.
 */
export function schemaIncompatibility(contract: EventContract, event: EventEnvelope): string | undefined {
  if (event.unreadable !== undefined) return `The message is no event: ${event.unreadable}`;
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

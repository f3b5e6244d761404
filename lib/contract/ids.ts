import { Type } from "typebox";
import { TypeID, typeid } from "typeid-js";
import { demoIdOf } from "#config/demo-ids.ts";
import { FormedText } from "./text.ts";

/** The kinds of ids of the platform itself. Each domain declares its own kinds in its contract. */
export const platformIds = { event: "evt", operation: "op", request: "req" } as const;

/**
 * All kinds of ids with their prefixes, by the service that owns them. Each contract adds its own line:
 * `declare module "#lib/contract/ids.ts" { interface IdKinds { orders: typeof orderIds } }`.
 */
export interface IdKinds {
  platform: typeof platformIds;
}

export type IdKind = { [Owner in keyof IdKinds]: keyof IdKinds[Owner] & string }[keyof IdKinds];

const prefixes = new Map<string, string>(Object.entries(platformIds));

/**
 * Declares the kinds of ids that a service makes: `{ order: "ord" }` for ids such as `ord_01h…`.
 * @throws Error when another service uses the name or the prefix
 */
export function defineIds<const I extends Record<string, string>>(kinds: I): I {
  for (const [kind, prefix] of Object.entries(kinds)) {
    const known = prefixes.get(kind);
    const taken = [...prefixes].some(([other, used]) => used === prefix && other !== kind);
    if (taken || (known !== undefined && known !== prefix))
      throw new Error(`The id ${kind} with prefix ${prefix} is declared twice.`);
    prefixes.set(kind, prefix);
  }
  return kinds;
}

/**
 * A new id such as `ord_01h…`: UUIDv7 inside, so ids sort by the time they were made.
 * @throws Error when the contract that declares the kind is not loaded
 */
export function newId(kind: IdKind): string {
  const prefix = prefixes.get(kind);
  if (prefix === undefined) throw new Error(`No loaded contract declares the id ${kind}.`);
  return typeid(prefix).toString();
}

/** When an id was made; undefined for a text that is not one of our ids. */
export function madeAt(id: string): Date | undefined {
  try {
    const uuid = TypeID.fromString(id).toUUID();
    return new Date(Number.parseInt(uuid.replace("-", "").slice(0, 12), 16)); // UUIDv7 begins with milliseconds
  } catch {
    return undefined;
  }
}

/** The schema of an id in a contract. Ids are opaque to clients, so only their size is checked. */
export function Id(kind: IdKind) {
  return Type.String({ minLength: 1, maxLength: 64, "x-id": kind });
}

/**
 * An example of an id, for documents: that of a thing in the demonstration shop where it has one of this kind. Undefined
 * when no loaded contract declares the kind.
 */
export function exampleId(kind: string): string | undefined {
  const prefix = prefixes.get(kind);
  return prefix && (demoIdOf(kind) ?? `${prefix}_01h455vb4pex5vsknk084sn02q`);
}

/** The schema of a stock keeping unit: what is priced, stored and sold. Printable ASCII, unique in the whole shop. */
export const Sku = FormedText(
  "a sku, of ASCII letters, digits, punctuation and inner spaces",
  "^[!-~]([ -~]*[!-~])?$",
  { minLength: 1, maxLength: 64, examples: ["MUG-ENAMEL"] },
);

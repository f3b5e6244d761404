import { Type } from "typebox";
import { TypeID, typeid } from "typeid-js";

const PREFIXES = {
  customer: "cust",
  address: "addr",
  staff: "staff",
  product: "prod",
  order: "ord",
  payment: "pay",
  refund: "re",
  operation: "op",
  cart: "cart",
  cartItem: "ci",
  warehouse: "wh",
  event: "evt",
  request: "req",
  session: "sess",
} as const;

export type IdKind = keyof typeof PREFIXES;

/** A new id such as `ord_01h…`: UUIDv7 inside, so ids sort by the time they were made. */
export function newId(kind: IdKind): string {
  return typeid(PREFIXES[kind]).toString();
}

/** When an id was made; undefined for what is no id of ours. */
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
  return Type.String({ minLength: 1, maxLength: 64, examples: [`${PREFIXES[kind]}_01h455vb4pex5vsknk084sn02q`] });
}

/** The schema of a stock keeping unit: what is priced, stored and sold. Printable ASCII, unique in the whole shop. */
export const Sku = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "^[!-~]([ -~]*[!-~])?$",
  examples: ["MUG-ENAMEL"],
});
